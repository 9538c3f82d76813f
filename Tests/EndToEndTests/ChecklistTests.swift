// SPDX-License-Identifier: MIT
import Testing

/// Fixtures/checklist.md: what shows each claim of the checklists.
@Suite struct ChecklistTests {
    private static func text(_ file: String) throws -> String { String(decoding: try Machine.contents(of: file), as: UTF8.self) }

    /// The third column of each row.
    private static func rows() throws -> [Substring] {
        try text("Fixtures/checklist.md").split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| line |") }
            .map { $0.split(separator: " | ", omittingEmptySubsequences: false).last?.dropLast(2) ?? "" }
    }

    @Test func everyRowSaysWhatShowsIt() throws {
        let rows = try Self.rows()
        #expect(rows.count > 140)
        for row in rows { #expect(["`", "Not ours: ", "Not yet: "].contains { row.contains($0) }, "\(row)") }
    }

    /// A file of scenarios, a script of the lab and each of its claims behind it, or a test.
    @Test func everythingNamedIsThere() throws {
        var tests = ""
        for folder in Machine.files(in: "Tests") where folder.hasSuffix("Tests") {
            for file in Machine.files(in: "Tests/\(folder)") where file.hasSuffix(".swift") {
                tests += try Self.text("Tests/\(folder)/\(file)")
            }
        }
        let scenarios = Machine.files(in: "Fixtures/scenarios")
        var named = 0
        for row in try Self.rows() {
            // Every second piece is a name; behind a script's stand its claims, each between quotation marks.
            let pieces = row.split(separator: "`", omittingEmptySubsequences: false)
            for place in stride(from: 1, to: pieces.count, by: 2) {
                let (name, rest) = (pieces[place], place + 1 < pieces.count ? pieces[place + 1] : "")
                named += 1
                if name.hasSuffix(".txt") {
                    #expect(scenarios.contains(String(name)), "\(name)")
                } else if name.hasSuffix(".sh") {
                    let script = try Self.text("Fixtures/lab/\(name)")
                    let claims = rest.split(separator: "\"", omittingEmptySubsequences: false)
                    let missing = stride(from: 1, to: claims.count, by: 2).map { claims[$0] }.filter { !script.contains($0) }
                    #expect(missing.isEmpty, "\(name)")
                } else {
                    let isThere = tests.contains("func \(name)(")
                    #expect(isThere, "\(name)")
                }
            }
        }
        #expect(named > 250)
    }
}
