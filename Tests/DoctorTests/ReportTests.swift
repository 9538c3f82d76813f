// SPDX-License-Identifier: MIT
import Doctor
import FoundationEssentials
import Testing
import Workbench

@Suite struct ReportTests {
    @Test func problemsComeFirstAndMakeTwo() throws {
        let findings: [Finding] = [
            .ok(.routes, "fine", meaning: "It is."), .note(.ipv6, "odd", meaning: "Perhaps.", next: "ip -6 route"),
            .problem(.browsers, "bad", meaning: "It leaks.", next: "rm x"),
        ]
        let report = DoctorReport(findings)
        #expect(report.findings.map(\.text) == ["bad", "odd", "fine"])
        #expect(report.exitCode == 2)
        #expect(DoctorReport([findings[0], findings[1]]).exitCode == 0)
        #expect(report.text(color: false).hasSuffix("\n1 problem, 1 note, 1 ok\n"))
        #expect(report.text(color: true).contains("\u{1B}[31mPROBLEM\u{1B}[0m  browsers"))
    }

    /// Words are as wide as they must be, commands excepted.
    @Test func linesHaveEightyColumns() throws {
        for world in try World.all(in: "doctor/machines.txt") {
            let text = DoctorReport(world.machine.findings).text(color: false)
            for line in text.split(separator: "\n") where !line.contains("→ ") || !line.hasPrefix("    ") {
                #expect(line.count <= 80, "\(world.name): \(line)")
            }
        }
    }

    @Test func jsonHasEveryKeyAlways() throws {
        struct View: Decodable {
            let schema: Int
            let problems: Int
            let notes: Int
            let findings: [Entry]
        }
        struct Entry: Decodable {
            let check: String
            let severity: String
            let text: String
            let meaning: String
            let next: String?
        }
        let report = DoctorReport(World.healthy.findings)
        let data = try JSONEncoder().encode(report)
        let view = try JSONDecoder().decode(View.self, from: data)
        #expect(view.schema == 1 && view.problems == 0 && view.notes == 0 && view.findings.count == report.findings.count)
        #expect(String(decoding: data, as: UTF8.self).contains("\"next\":null"))
    }
}
