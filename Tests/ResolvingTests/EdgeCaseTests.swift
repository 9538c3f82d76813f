// SPDX-License-Identifier: MIT
import Testing
import Workbench

/// The table in `Fixtures/edge-cases.md` speaks of what is there.
@Suite struct EdgeCaseTests {
    @Test func everyScenarioOfTheTableExists() {
        let known = Set(Fixture.files(in: "scenarios", ending: ".txt").map { $0.dropFirst("scenarios/".count).dropLast(".txt".count) })
        let rows = Fixture.allLines("edge-cases.md").filter { $0.text.hasPrefix("| ") && $0.text.dropFirst(2).first?.isNumber == true }
        var numbers: Set<String> = []
        for row in rows {
            let cells = row.text.split(separator: "|", omittingEmptySubsequences: false).map { $0.split(separator: " ") }
            #expect(cells.count == 5, "\(row)")
            guard cells.count == 5 else { continue }
            #expect(numbers.insert(String(cells[1].first ?? "")).inserted, "twice: \(row)")
            #expect(!cells[2].isEmpty || !cells[3].isEmpty, "neither test nor reason: \(row)")
            for word in cells[2] { #expect(known.contains(word.filter { $0 != "`" }[...]), "no such scenario: \(word)") }
        }
        #expect(rows.count >= 68)
    }
}
