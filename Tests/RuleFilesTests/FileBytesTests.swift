// SPDX-License-Identifier: MIT
import Glibc
import RuleFiles
import Testing

@Suite struct FileBytesTests {
    let scratch = Scratch()

    @Test func aFileIsReadWhole() throws {
        for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            scratch.write("f", bytes)
            #expect(try FileBytes(scratch["f"]).array == bytes, "\(size) bytes")
        }
    }

    @Test func oneThatSaysItIsEmptyIsReadToo() throws { #expect(try FileBytes("/proc/self/status").count > 100) }

    @Test func whatIsReadStaysAsItWas() throws {
        scratch.write("f", "before")
        let bytes = try FileBytes(scratch["f"])
        let fd = unsafe open(scratch["f"], O_WRONLY | O_TRUNC)
        _ = unsafe write(fd, "after", 5)
        close(fd)
        #expect(String(decoding: bytes.array, as: UTF8.self) == "before")
    }

    @Test func whatIsNoFileIsAnErrorAndNobodyWaits() {
        unsafe mkfifo(scratch["pipe"], 0o600)
        unsafe mkdir(scratch["folder"], 0o700)
        unsafe symlink(scratch["loop"], scratch["loop"])
        scratch.write("large", names(1000))
        func failure(_ name: String) -> HostFile.Failure? {
            do throws(HostFile.Failure) { _ = try FileBytes(scratch[name], limit: 4096) } catch { return error }
            return nil
        }
        #expect(failure("absent") == .missing)
        #expect(failure("large/part") == .unreadable("a part of the path is not a folder"))
        #expect(failure("pipe") == .unreadable("it is a named pipe, not a file"))
        #expect(failure("folder") == .unreadable("it is a folder, not a file"))
        #expect(failure("loop") == .unreadable("its symbolic links lead in a circle"))
        #expect(failure("large") == .unreadable("it has more than 4 KiB"))
        #expect(throws: HostFile.Failure.unreadable("it is a device, not a file")) { try FileBytes("/dev/zero") }
    }
}
