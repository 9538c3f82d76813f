// SPDX-License-Identifier: MIT
import Rules
import Steering

/// What of the configuration decides how the table `inet sluice` looks. Everything that changes while running is an element of its sets.
package struct RulesetPlan: Hashable, Sendable {
    /// Where traffic goes that no rule names.
    package enum Default: Hashable, Sendable { case direct, tunnel }

    /// What becomes of other programs' own port 53 and 853.
    package enum Foreign: Hashable, Sendable { case reject, capture, allow }

    package var routingDefault: Default
    /// Whether local networks that no rule names can be reached.
    package var lanSharing: Bool
    /// While disconnected, `tunnel` addresses go outside instead of nowhere (`tunnel_rules_when_disconnected = "system"`).
    package var tunnelRulesWhenDisconnectedSystem: Bool
    package var foreign: Foreign
    /// Whether 100.64.0.0/10 counts as a local network (`cgnat = "lan"`).
    package var cgnatIsPrivate: Bool
    /// No address may be in two of them: the longest prefix has won already.
    package var networks: [SteeredRange]
    /// How many learned addresses each set can hold.
    package var learnedSize: Int
    /// The ports that programs call from where they choose none (`net.ipv4.ip_local_port_range`).
    package var ephemeral: ClosedRange<UInt16>
    /// How programs are told apart; nil where the machine has no cgroup v2: then all are normal.
    package var apps: Apps?
    /// Where captured lookups are answered; nil: nowhere, they are refused.
    package var capture: UInt16?
    /// The device of each tunnel, in the order of the configuration; ten at most.
    package var nodes: [String]
    /// Whether a rule for names names its tunnel.
    package var namesTunnels: Bool
    /// What the traffic of rules could bear since the start, by number.
    package var trafficClasses: [TrafficClass]
    /// The numbers of those that rules name now.
    package var usedClasses: Set<Int>

    package init(
        routingDefault: Default = .direct, lanSharing: Bool = true, tunnelRulesWhenDisconnectedSystem: Bool = false,
        foreign: Foreign = .reject, cgnatIsPrivate: Bool = false, networks: [SteeredRange] = [], learnedSize: Int = 65536,
        ephemeral: ClosedRange<UInt16> = 32768...60999, apps: Apps? = nil, capture: UInt16? = nil,
        nodes: [String] = [], namesTunnels: Bool = false, trafficClasses: [TrafficClass] = [], usedClasses: Set<Int> = []
    ) {
        self.routingDefault = routingDefault
        self.lanSharing = lanSharing
        self.tunnelRulesWhenDisconnectedSystem = tunnelRulesWhenDisconnectedSystem
        self.foreign = foreign
        self.cgnatIsPrivate = cgnatIsPrivate
        self.networks = networks
        self.learnedSize = learnedSize
        self.ephemeral = ephemeral
        self.apps = apps
        self.capture = capture
        self.nodes = nodes
        self.namesTunnels = namesTunnels
        self.trafficClasses = trafficClasses
        self.usedClasses = usedClasses
    }

    /// The whole table, as `nft -f` reads it.
    package func text() -> String {
        let parts = [sets, classes, output, prerouting, classify, paths, tunnels, lookups, shaping, guards]
        return "table inet sluice {\n" + parts.filter { !$0.isEmpty }.joined(separator: "\n") + "}\n"
    }

    /// Puts the table in place of the one that may be there, elements included, in one transaction: no packet sees neither.
    /// Elements that nft cannot write are left out.
    package func replacement(with elements: [SetElement]) -> String {
        var text = "table inet sluice {\n}\ndelete table inet sluice\n" + self.text()
        // In one pass: there may be 500,000.
        var members: [SetName: String] = [:]
        for element in elements where !element.isUnwritable { members[element.set, default: ""] += element.description + ", " }
        for (set, some) in members.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text += "add element inet sluice \(set.rawValue) { " + some.dropLast(2) + " }\n"
        }
        return text
    }
}
