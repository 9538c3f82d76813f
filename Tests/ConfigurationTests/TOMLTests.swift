// SPDX-License-Identifier: MIT
import Configuration
import Testing

@Suite struct TOMLTests {
    static let good = Fixture.all(in: "toml-good", ending: ".toml")
    static let bad = Fixture.all(in: "toml-bad", ending: ".toml")

    @Test func theFixturesAreThere() {
        #expect(Self.good.count == 4)
        #expect(Self.bad.count == 5)
        #expect((Self.good + Self.bad).allSatisfy { !$0.expected.isEmpty })
    }

    @Test(arguments: good) func everyKeyAndValueHasItsPlace(_ fixture: Fixture) {
        let (table, problems) = TOMLTable.read(fixture.bytes, file: fixture.name)
        #expect(problems.isEmpty)
        let lines = Self.lines(of: table, below: "")
        for (line, expected) in zip(lines, fixture.expected) { #expect(line == expected) }
        #expect(lines.count == fixture.expected.count)
    }

    @Test(arguments: bad) func everyErrorIsReportedAtItsPlace(_ fixture: Fixture) {
        fixture.expect(TOMLTable.read(fixture.bytes, file: fixture.name).problems)
    }

    @Test func whatIsReadableIsReadDespiteErrors() {
        let text = "a = 1\nb = [1, 2\n[t]\nc = \"x\nd = 4\n"
        let (table, problems) = TOMLTable.read(Array(text.utf8), file: "f")
        #expect(problems.count == 2)
        #expect(table["a"]?.value.kind == .integer(1))
        #expect(table["b"]?.value.kind == .invalid)
        guard case .table(let inner)? = table["t"]?.value.kind else {
            Issue.record("no [t]")
            return
        }
        #expect(inner["d"]?.value.kind == .integer(4))
        #expect(inner["d"]?.key.place == Place(line: 5, column: 1))
    }

    /// `line:column path = kind at line:column value`, control characters by number; list elements have no key.
    private static func lines(of table: TOMLTable, below path: String) -> [String] {
        table.entries.flatMap { entry in
            let name = path.isEmpty ? entry.key.name : path + "." + entry.key.name
            return lines(of: entry.value, as: name, key: "\(entry.key.place.line):\(entry.key.place.column)")
        }
    }

    private static func lines(of value: TOMLValue, as path: String, key: String) -> [String] {
        func line(_ kind: String) -> String { "\(key) \(path) = \(kind) at \(value.place.line):\(value.place.column)" }
        return switch value.kind {
        case .string(let text):
            [line("string") + " " + text.unicodeScalars.map { $0.value < 32 ? "<\($0.value)>" : String($0) }.joined()]
        case .integer(let number): [line("integer") + " \(number)"]
        case .float(let number): [line("float") + " \(number)"]
        case .boolean(let truth): [line("boolean") + " \(truth)"]
        case .array(let values): [line("array")] + values.enumerated().flatMap { lines(of: $1, as: "\(path)[\($0)]", key: "-") }
        case .table(let table): [line("table")] + lines(of: table, below: path)
        case .invalid: [line("invalid")]
        }
    }
}
