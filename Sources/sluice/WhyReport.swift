// SPDX-License-Identifier: MIT
import Daemon

/// Contract: `why NAME`.
struct WhyReport: Encodable {
    let schema = 1
    let name: String
    let type: String
    let app: String
    let state: String
    let setting: String
    let path: String
    let servers: [String]
    let reason: String
    let text: String
    @OrNull var rule: RuleView?
    let losers: [RuleView]
    let chain: [String]
    let addresses: [AddressView]
    /// Why nothing is said of addresses.
    @OrNull var unknown: String?

    init(_ explanation: Explanation) {
        name = explanation.name
        type = explanation.type
        app = explanation.app
        state = explanation.state
        setting = explanation.setting
        path = explanation.path
        servers = explanation.servers
        reason = explanation.reason
        text = explanation.text
        losers = explanation.losers.map(RuleView.init)
        chain = explanation.chain
        addresses = explanation.addresses.map(AddressView.init)
        rule = explanation.rule.map(RuleView.init)
        unknown = explanation.unknown
    }

    /// For people.
    var lines: [String] {
        var table = Rows()
        table.add("path", path)
        if let rule { table.add("rule", rule.place) }
        table.add("reason", text)
        if !servers.isEmpty { table.add("servers", servers.joined(separator: ", ")) }
        table.add("setting", setting)
        table.add("state", state)
        for loser in losers { table.add("loser", loser.place) }
        if !chain.isEmpty { table.add("chain", ([name] + chain).joined(separator: " → ")) }
        let title = "\(name) \(type)" + (app == "normal" ? "" : "  asked by an app that is \(app)")
        var lines = [title] + table.lines
        for address in addresses { lines += [address.address] + address.rows.lines }
        if let unknown { lines.append("  (\(unknown))") }
        return lines
    }
}

/// A rule in JSON and in words.
struct RuleView: Encodable {
    let action: String
    @OrNull var tunnel: String?
    let pattern: String
    let file: String
    let line: Int

    init(_ rule: RuleEntry) {
        action = rule.action
        pattern = rule.pattern
        file = rule.file
        line = rule.line
        tunnel = rule.tunnel
    }

    var text: String { action + (tunnel.map { ":" + $0 } ?? "") + " " + pattern }
    var place: String { "\(text)  (\(file)" + (line > 0 ? ":\(line))" : ")") }
}

/// Contract: `why ADDRESS`, and each address of `why NAME`.
struct AddressView: Encodable {
    let address: String
    let path: String
    let text: String
    @OrNull var network: RuleView?
    let leases: [LeaseView]
    /// Sets of the kernel that hold it; null: not known.
    @OrNull var sets: [String]?
    let routes: [Route]

    struct Route: Encodable {
        let mark: String
        @OrNull var interface: String?
        @OrNull var gateway: String?
        @OrNull var table: UInt32?
        @OrNull var source: String?
        @OrNull var error: String?
    }

    private let setsUnknown: String?
    /// Whether a daemon told who owns it.
    var isLedgerKnown = true

    private enum CodingKeys: CodingKey { case address, path, text, network, leases, sets, routes }

    init(_ explanation: AddressExplanation) {
        address = explanation.address
        path = explanation.path
        text = explanation.text
        leases = explanation.leases.map(LeaseView.init)
        routes = (explanation.kernel?.routes ?? []).map { said in
            var route = Route(mark: said.mark)
            route.interface = said.interface
            route.gateway = said.gateway
            route.table = said.table
            route.source = said.source
            route.error = said.error
            return route
        }
        setsUnknown = explanation.kernel?.setsUnknown
        network = explanation.network.map(RuleView.init)
        sets = explanation.kernel?.sets
    }

    var rows: Rows {
        var rows = Rows()
        rows.add("packets", text)
        if let network { rows.add("network", network.place) }
        for lease in leases { for line in lease.ownerLines { rows.add("owed to", line) } }
        if !isLedgerKnown { rows.add("owed to", "not known: no daemon to ask") } else if leases.isEmpty { rows.add("owed to", "nobody") }
        if let sets {
            rows.add("sets", sets.isEmpty ? "in none of the kernel's" : sets.joined(separator: ", "))
        } else if let setsUnknown {
            rows.add("sets", "not known: \(setsUnknown)")
        }
        for route in routes {
            let who = route.mark == "0x00000000" ? "no mark" : "mark \(route.mark.prefix(4))"
            if let error = route.error {
                rows.add("route", "\(who): \(error)")
            } else {
                let parts = [
                    route.interface.map { "by \($0)" }, route.gateway.map { "via \($0)" }, route.source.map { "from \($0)" },
                    route.table.map { "table \($0 == 254 ? "main" : $0 == 255 ? "local" : "\($0)")" },
                ]
                rows.add("route", "\(who): " + parts.compactMap(\.self).joined(separator: " "))
            }
        }
        return rows
    }
}

/// Lines of a word and what it says, wrapped at 80 columns.
struct Rows {
    private(set) var lines: [String] = []
    private static let indent = 10
    static let width = 80

    /// The same word again is left out.
    private var last = ""

    mutating func add(_ word: String, _ text: String) {
        let head = "  " + (word == last ? String(repeating: " ", count: Self.indent) : Console.pad(word, Self.indent))
        last = word
        let room = Self.width - head.count
        var line = ""
        var isFirst = true
        func flushed(_ lines: inout [String]) {
            lines.append(((isFirst ? head : String(repeating: " ", count: head.count)) + line).trimmed)
        }
        for part in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + part.count > room {
                flushed(&lines)
                isFirst = false
                line = String(part)
            } else {
                line += (line.isEmpty ? "" : " ") + part
            }
        }
        flushed(&lines)
    }
}
