// SPDX-License-Identifier: MIT
import Rules
import Testing

/// One file of Fixtures/configuration and the problems that stand beside it in `NAME.expected`:
/// `line:column severity part of the message`, and behind ` | ` a part of the hint.
struct Fixture: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    /// Empty when there is no such file.
    let expected: [String]

    var testDescription: String { name }

    /// All files of a folder with this ending, by name.
    static func all(in folder: String, ending: String) -> [Fixture] {
        Folder(path: root + "/" + folder).names.filter { $0.hasSuffix(ending) }.sorted().map { name in
            let stem = name.dropLast(ending.count)
            let expected = String(decoding: bytes(of: "\(folder)/\(stem).expected"), as: UTF8.self)
            return Fixture(
                name: "\(folder)/\(name)", bytes: bytes(of: "\(folder)/\(name)"),
                expected: expected.split(separator: "\n").map(String.init))
        }
    }

    static func bytes(of name: String) -> [UInt8] { Folder(path: root).bytes(of: name) }

    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fixtures/configuration"

    /// Each problem has its line in the expectations, in the same order, and no line is left over.
    func expect(_ problems: [Problem], sourceLocation: SourceLocation = #_sourceLocation) {
        for (line, problem) in zip(expected, problems) {
            let parts = line.split(separator: " | ", maxSplits: 1)
            let words = parts[0].split(separator: " ", maxSplits: 2)
            #expect(
                "\(problem.line):\(problem.column) \(problem.severity.rawValue)" == words.prefix(2).joined(separator: " "),
                "\(problem.message)", sourceLocation: sourceLocation)
            if words.count == 3 { #expect(problem.message.contains(words[2]), sourceLocation: sourceLocation) }
            if parts.count == 2 { #expect(problem.hint?.contains(parts[1]) == true, "\(problem)", sourceLocation: sourceLocation) }
        }
        let missing = expected.dropFirst(problems.count)
        #expect(missing.isEmpty, "not reported", sourceLocation: sourceLocation)
        let extra = problems.dropFirst(expected.count).map { "\($0.line):\($0.column) \($0.severity) \($0.message)" }
        #expect(extra.isEmpty, "not expected", sourceLocation: sourceLocation)
    }
}
