// SPDX-License-Identifier: MIT
import Doctor
import Testing
import Workbench

/// What doctor says of whole machines, row by row of a fixture.
@Suite struct MachineTests {
    @Test func everyMachineGetsItsFindings() throws {
        let worlds = try World.all(in: "doctor/machines.txt")
        #expect(worlds.count == 69)
        for world in worlds {
            let findings = world.machine.findings
            for expected in world.expected {
                let isThere = findings.contains {
                    $0.severity.rawValue == expected.severity && $0.check.rawValue == expected.check && $0.text.contains(expected.text)
                }
                #expect(isThere, "\(world.name): no \(expected) in \(Self.shown(findings))")
            }
            for severity in [Finding.Severity.problem, .note] {
                let found = findings.filter { $0.severity == severity }
                let wanted = world.expected.count { $0.severity == severity.rawValue }
                #expect(found.count == wanted, "\(world.name): \(severity): \(Self.shown(found))")
            }
        }
    }

    @Test func whateverIsWrongHasAMeaningAndANextStep() throws {
        for world in try World.all(in: "doctor/machines.txt") {
            for finding in world.machine.findings {
                #expect(!finding.text.isEmpty && !finding.meaning.isEmpty, "\(world.name): \(finding)")
                #expect((finding.next == nil) == (finding.severity == .ok), "\(world.name): \(finding)")
                #expect(finding.text.last != "." && finding.meaning.last == ".", "\(world.name): \(finding)")
            }
        }
    }

    /// A check that says nothing would be read as "fine".
    @Test func everyCheckSaysSomething() {
        let said = Set(World.healthy.findings.map(\.check))
        #expect(said == Set(Finding.Check.allCases).subtracting([.sight]))
    }

    private static func shown(_ findings: [Finding]) -> String {
        findings.map { "\n  \($0.severity.rawValue) \($0.check.rawValue) \($0.text)" }.joined()
    }
}
