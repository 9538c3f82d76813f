// SPDX-License-Identifier: MIT
import Glibc

/// The text of a file in Fixtures/ruleset; written first when the environment says SLUICE_WRITE_FIXTURES=1.
func fixture(_ name: String, orWrite text: String?, from file: String = #filePath) throws -> String {
    let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let path = "\(root)/Fixtures/ruleset/\(name)"
    if let text, let wish = unsafe getenv("SLUICE_WRITE_FIXTURES"), unsafe wish.pointee == 0x31 {
        guard let stream = unsafe fopen(path, "w") else { throw RoomError("write \(path)", errno) }
        unsafe fputs(text, stream)
        unsafe fclose(stream)
    }
    guard let stream = unsafe fopen(path, "r") else { throw RoomError("read \(path)", errno) }
    defer { unsafe fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = unsafe fread(&buffer, 1, buffer.count, stream)
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer.prefix(count)
    }
}
