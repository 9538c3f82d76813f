// SPDX-License-Identifier: MIT
import Doctor
import Testing
import Workbench

/// What doctor makes of other packet filters.
@Suite struct FirewallTests {
    struct Case {
        let name: String
        let isLegacy: Bool
        var ruleset = ""
        var expected: [(severity: String, text: String)] = []
    }

    static func cases() -> [Case] {
        var cases: [Case] = []
        for line in Fixture.allLines("doctor/firewalls.txt") {
            let words = line.words
            if words.first == "case" || words.starts(with: ["legacy", "case"]) {
                cases.append(Case(name: line.text, isLegacy: words[0] == "legacy"))
            } else if cases.isEmpty {
                continue
            } else if words.first == "expect" {
                cases[cases.count - 1].expected.append((words[1], words.dropFirst(2).joined(separator: " ")))
            } else {
                cases[cases.count - 1].ruleset += line.text + "\n"
            }
        }
        return cases
    }

    @Test func everyRulesetIsJudged() {
        let cases = Self.cases()
        #expect(cases.count == 17)
        for entry in cases {
            var machine = World.healthy
            machine.tables =
                entry.isLegacy ? FirewallTable.tables(inLegacy: entry.ruleset) : FirewallTable.others(inRuleset: entry.ruleset).others
            let findings = machine.findings.filter { $0.check == .firewall }
            for expected in entry.expected {
                let isThere = findings.contains { $0.severity.rawValue == expected.severity && $0.text.contains(expected.text) }
                #expect(isThere, "\(entry.name): no \(expected) in \(findings.map(\.text))")
            }
            #expect(findings.count == entry.expected.count, "\(entry.name): \(findings.map { "\($0.severity) \($0.text)" })")
        }
    }

    @Test func ourOwnTableIsSeen() {
        #expect(FirewallTable.others(inRuleset: "table inet sluice {\n}\n").hasOurs)
        let found = FirewallTable.others(inRuleset: "table inet sluice_guard {\n}\ntable ip sluice {\n}\n")
        #expect(!found.hasOurs && found.hasGuard)
    }

    /// Any bytes are read without an end of the process.
    @Test func mutilatedRulesetsAreRead() {
        var random = SeededRandom(seed: 53)
        let whole = Array(Self.cases().map(\.ruleset).joined().utf8)
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<20 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            bytes.removeFirst(Int.random(in: 0..<bytes.count, using: &random))
            let text = String(decoding: bytes, as: UTF8.self)
            for table in FirewallTable.tables(inRuleset: text) + FirewallTable.tables(inLegacy: text) {
                var machine = World.healthy
                machine.tables = [table]
                #expect(!machine.findings.isEmpty)
            }
        }
    }
}
