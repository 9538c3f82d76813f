// SPDX-License-Identifier: MIT
import Daemon
import RuleFiles

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
    /// Rules of lists that have an exception for the name.
    let excepted: [Excepted]
    let chain: [String]
    /// The rule that the answer has because of a name in the chain.
    @OrNull var alias: Alias?
    let addresses: [AddressView]
    /// Why nothing is said of addresses.
    @OrNull var unknown: String?

    struct Excepted: Encodable {
        let rule: RuleView
        let exception: RuleView
    }

    struct Alias: Encodable {
        let name: String
        let rule: RuleView
        let text: String
    }

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
        excepted = explanation.excepted.map { Excepted(rule: RuleView($0.rule), exception: RuleView($0.exception)) }
        chain = explanation.chain
        addresses = explanation.addresses.map(AddressView.init)
        rule = explanation.rule.map(RuleView.init)
        unknown = explanation.unknown
        alias = explanation.alias.map { Alias(name: $0.name, rule: RuleView($0.rule), text: $0.text) }
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
        for one in excepted {
            table.add("excepted", "\(one.rule.place), by its exception \(one.exception.pattern), line \(one.exception.line)")
        }
        if !chain.isEmpty { table.add("chain", ([name] + chain).joined(separator: " → ")) }
        if let alias { table.add("by way of", "\(alias.name): \(alias.rule.place): \(alias.text)") }
        let title =
            (InternationalName.readable(name).map { "\(name) (\($0)) " } ?? "\(name) ") + type
            + (app == "normal" ? "" : "  asked by an app that is \(app)")
        var lines = [title] + table.lines
        for address in addresses { lines += [address.address] + address.rows(of: name).lines }
        if let unknown {
            var rows = Rows()
            rows.add("addresses", "(\(unknown))")
            lines += rows.lines
        }
        return lines
    }
}
