// SPDX-License-Identifier: MIT
import Workbench

/// Where a scenario and the resolver part.
struct ScenarioFailure: Error, CustomStringConvertible {
    let line: String
    let message: String

    init(_ line: Fixture.Line, _ message: String) {
        self.line = "\(line)"
        self.message = message
    }

    init(file: String, _ message: String) {
        line = file
        self.message = message
    }

    var description: String { "\(line)\n    \(message)" }
}

/// The words of a line, taken one by one.
struct Words {
    let line: Fixture.Line
    private(set) var rest: ArraySlice<String>

    init(_ line: Fixture.Line, dropping time: Bool) {
        self.line = line
        rest = time ? line.words.dropFirst() : line.words[...]
    }

    init(_ line: Fixture.Line, _ rest: ArraySlice<String>) {
        self.line = line
        self.rest = rest
    }

    var isEmpty: Bool { rest.isEmpty }
    var first: String? { rest.first }

    mutating func next() throws(ScenarioFailure) -> String {
        guard let word = rest.popFirst() else { throw failure("a word is missing") }
        return word
    }

    mutating func next<Value>(_ what: String, _ read: (String) -> Value?) throws(ScenarioFailure) -> Value {
        let word = try next()
        guard let value = read(word) else { throw failure("'\(word)' is no \(what)") }
        return value
    }

    /// Takes the next word if it is `word`.
    mutating func take(_ word: String) -> Bool {
        guard rest.first == word else { return false }
        rest.removeFirst()
        return true
    }

    mutating func takeAll() -> [String] {
        defer { rest = [] }
        return Array(rest)
    }

    /// Cuts the words off at `place`.
    mutating func takeAll(from place: Int) -> [String] {
        defer { rest = rest[..<place] }
        return Array(rest[place...])
    }

    func failure(_ message: String) -> ScenarioFailure { ScenarioFailure(line, message) }
}

/// `800ms`, `1.5s`, `30m`, `2h`, `0`: in milliseconds.
func milliseconds(_ text: String) -> Int64? {
    for (unit, factor) in [("ms", 1.0), ("s", 1000), ("m", 60_000), ("h", 3_600_000)] where text.hasSuffix(unit) {
        return Double(text.dropLast(unit.count)).map { Int64(($0 * factor).rounded()) }
    }
    return Int64(text)
}
