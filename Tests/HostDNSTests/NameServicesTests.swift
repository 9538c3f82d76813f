// SPDX-License-Identifier: MIT
import Testing
import Workbench

@testable import HostDNS

struct NameServicesTests {
    static let rows = Fixture.lines("hostdns/nsswitch.txt")

    @Test func theTableIsThere() { #expect(Self.rows.count >= 20) }

    @Test(arguments: rows)
    func everyRowHolds(_ row: Fixture.Line) throws {
        let cells = row.text.split(separator: "|").map(OwnershipTests.trimmed)
        try #require(cells.count == 2)
        let services = NameServices("passwd: files\n hosts: \(cells[0])\nnetworks: files\n")
        #expect(Self.text(services.verdict) == cells[1])
        #expect((services.warning == nil) == (cells[1] == "yes"))
    }

    static func text(_ verdict: NameServices.Verdict) -> String {
        switch verdict {
        case .resolvConf: "yes"
        case .after(let names): "after " + names.joined(separator: " ")
        case .onlyWithout(let name): "only-without " + name
        case .never: "never"
        }
    }

    @Test(arguments: ["", "passwd: files\n", "# hosts: resolve\n"])
    func withoutALineItIsTheLibrarysOwn(_ text: String) { #expect(NameServices(text).verdict == .resolvConf) }
}
