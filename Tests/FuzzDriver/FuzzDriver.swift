// SPDX-License-Identifier: MIT
import CFuzzer
import Fuzz
import Glibc

/// libFuzzer over one of `FuzzTarget`: `sluice-fuzz TARGET [OPTIONS OF LIBFUZZER] CORPUS`; `sluice-fuzz seed TARGET FOLDER` writes its first inputs,
/// and a dictionary beside the folder.
@main enum FuzzDriver {
    nonisolated(unsafe) private static var target = FuzzTarget.messages

    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 4, arguments[1] == "seed", let target = FuzzTarget(rawValue: arguments[2]) {
            return seed(target, arguments[3])
        }
        guard arguments.count > 1, let target = FuzzTarget(rawValue: arguments[1]) else {
            print("usage: sluice-fuzz [seed] \(FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")) …")
            exit(64)
        }
        unsafe self.target = target
        // libFuzzer's own arguments, without ours.
        var count = CommandLine.argc - 1
        unsafe CommandLine.unsafeArgv[1] = unsafe CommandLine.unsafeArgv[0]
        var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv + 1
        let status = unsafe LLVMFuzzerRunDriver(&count, &values) { bytes, size in
            let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: size))
            do throws(Violation) {
                try unsafe FuzzDriver.target.run(input)
            } catch {
                fatalError("\(error)")
            }
            return 0
        }
        exit(status)
    }

    private static func seed(_ target: FuzzTarget, _ folder: String) {
        for (number, seed) in target.seeds.enumerated() { write(seed, to: "\(folder)/seed-\(number)") }
        let words = target.words.map { word in
            "\"" + word.map { byte in "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined() + "\"\n"
        }
        write(Array(words.joined().utf8), to: folder + ".dictionary")
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        guard let file = unsafe fopen(path, "w") else { fatalError("cannot write \(path)") }
        defer { unsafe fclose(file) }
        _ = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
    }
}
