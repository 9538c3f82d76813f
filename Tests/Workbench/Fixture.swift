// SPDX-License-Identifier: MIT
import Glibc

/// Text that a person edits and a test reads: files under `Fixtures/`.
package enum Fixture {
    /// A line that says something: comments (from a `#` at its start) and empty lines are left out.
    package struct Line: Sendable, CustomStringConvertible {
        package let file: String
        /// Counted from 1.
        package let number: Int
        package let text: String

        /// What stands between white space.
        package var words: [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
        package var description: String { "\(file):\(number): \(text)" }
    }

    /// The file's bytes. Ends the test when there is no such file: a fixture that is not found tests nothing.
    package static func bytes(_ path: String) -> [UInt8] {
        guard let file = unsafe fopen(folder + path, "r") else { fatalError("no fixture \(folder + path)") }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = unsafe getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return bytes
    }

    package static func lines(_ path: String) -> [Line] {
        allLines(path).filter { !$0.text.isEmpty && !$0.text.hasPrefix("#") }
    }

    /// Every line, comments and empty ones included, without the white space around it.
    package static func allLines(_ path: String) -> [Line] {
        String(decoding: bytes(path), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            Line(file: path, number: $0.offset + 1, text: trimmed($0.element))
        }
    }

    /// The files of a folder that end in `ending`, as paths for `lines`, sorted.
    package static func files(in path: String, ending: String) -> [String] {
        guard let folder = unsafe opendir(folder + path) else { fatalError("no fixtures in \(folder + path)") }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasSuffix(ending) { names.append(path + "/" + name) }
        }
        return names.sorted()
    }

    private static let folder: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/") + "/Fixtures/"
    }()

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
