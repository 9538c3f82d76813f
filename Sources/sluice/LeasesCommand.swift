// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon

struct LeasesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leases", abstract: "The addresses that rules own now: by which route, for which names, until when.",
        discussion: """
            Of a name and those below it, or an address, with ten owners of each and their rules (--all: all); else a table, of which the first \(mostRows) rows are \
            shown unless --all is given. A '!' stands before what the kernel's set lacks.
            """)

    /// More is for programs.
    private static let mostRows = 500

    @Argument(help: "A name or an address.", transform: Subject.parse)
    var subject: Subject?

    @Flag(help: "All of them, however many.")
    var all = false

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    private struct View: Encodable {
        let schema = 1
        let total: Int
        let leases: [LeaseView]
    }

    func run() throws {
        let limit = all || output.json || subject != nil ? nil : Self.mostRows
        var leases: [LeaseView] = []
        var total = 0
        try source.listen(ControlRequest(.leases, name: subject?.text, limit: limit)) { reply in
            guard let page = reply.leases else { return }
            total = page.total
            leases += page.leases.map(LeaseView.init)
        }
        if output.json { return try Console.show(json: View(total: total, leases: leases)) }
        switch subject {
        case let subject? where leases.isEmpty:

            switch subject {
            case .name(let name): print("no address of \(name) is owed")
            case .address(let address): print("\(address) is owed to no rule")
            }
        case let subject?:
            for lease in leases { print(lease.lines(of: subject.text, all: all).joined(separator: "\n")) }
        case nil where leases.isEmpty: print("no rule owns an address now")
        case nil:
            print(LeaseTable(leases).lines.joined(separator: "\n"))
            if total > leases.count {
                Console.complain("the first \(leases.count) of \(Words.number(total)); --all shows them all, a name or an address its own")
            }
            if leases.contains(where: { $0.inKernel == false }) { Console.complain("! not in the kernel's set") }
        }
    }
}

extension LeaseView {
    /// All there is to say of one.
    func lines(of name: String, all: Bool) -> [String] {
        var rows = Rows()
        rows.add("route", route)
        rows.add("until", term)
        rows.add("kernel", inKernel.map { $0 ? "in its set" : "not in its set" } ?? "not known")
        for line in ownerLines(of: name, all: all) { rows.add("owed to", line) }
        return [address] + rows.lines
    }
}

/// Many leases, a line each; a name that does not fit stands on the next.
struct LeaseTable {
    let lines: [String]

    init(_ leases: [LeaseView]) {
        let widest = max(7, leases.map(\.address.count).max() ?? 0)
        func row(_ mark: String, _ address: String, _ route: String, _ left: String, _ until: String) -> String {
            mark + Console.pad(address, widest + 2) + Console.pad(route, 8) + Console.pad(left, 9) + Console.pad(until, 7)
        }
        var lines = [row("  ", "ADDRESS", "ROUTE", "LEFT", "UNTIL") + "NAME"]
        for lease in leases {
            let head = row(
                lease.inKernel == false ? "! " : "  ", lease.address, lease.route, Words.duration(lease.seconds), Words.clock(lease.until))
            let name = (lease.owners.first?.text ?? "-") + (lease.owners.count > 1 ? " +\(lease.owners.count - 1)" : "")
            if head.count + name.count <= Rows.width {
                lines.append(head + name)
            } else {
                lines += [head.trimmed, "      " + name]
            }
        }
        self.lines = lines
    }
}

extension String {
    /// Without spaces at the end.
    var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
