// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon

struct ConflictsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "Addresses that rules of different actions, or of different tunnels, claim, with the names of both.",
        discussion:
            "The tunnel wins, and of two tunnels the first. Ends with 2 if there are any: one of the two names does not go the way its rule says."
    )

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    private struct View: Encodable {
        let schema = 1
        let conflicts: [Entry]

        struct Entry: Encodable {
            let address: String
            let path: String
            let leases: [LeaseView]
            @OrNull var network: RuleView?

            init(_ entry: ConflictReport.Entry) {
                address = entry.address
                path = entry.path
                leases = entry.leases.map(LeaseView.init)
                network = entry.network.map(RuleView.init)
            }
        }
    }

    func run() throws {
        let report = try source.ask(ControlRequest(.conflicts), for: \.conflicts)
        let entries = report.conflicts.map(View.Entry.init)
        if output.json {
            try Console.show(json: View(conflicts: entries))
        } else {
            print(entries.isEmpty ? "no address is claimed twice" : entries.flatMap(Self.lines).joined(separator: "\n"))
        }
        guard !entries.isEmpty else { return }
        if !output.json {
            Console.complain(
                "\(Words.count(entries.count, "address is", "addresses are")) claimed twice\n"
                    + "    hint: [routing] conflict = \"narrow\" answers without them where others remain")
        }
        throw Console.problemFound
    }

    private static func lines(_ entry: View.Entry) -> [String] {
        var rows = Rows()
        for lease in entry.leases { for line in lease.ownerLines() { rows.add(lease.route, line) } }
        if let network = entry.network { rows.add("tunnel", "its network, \(network.place)") }
        let way =
            switch entry.path {
            case "tunnel": "goes in the tunnel"
            case "refused": "is refused"
            case "lan": "goes to the local network"
            default: "goes outside"
            }
        return ["\(entry.address)  \(way)"] + rows.lines
    }
}
