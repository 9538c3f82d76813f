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
