// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Everything a decision depends on besides the question: the configuration's part and the world's.
package struct Circumstances: Hashable, Sendable {
    package var setting: Setting
    package var profile: Profile
    package var lanSharing: Bool
    package var ranges: PrivateRanges
    /// `tunnel_rules_when_disconnected = "system"`.
    package var tunnelRulesFallToSystem: Bool
    package var state: TunnelState
    /// What the operating system or DHCP configured, in order.
    package var systemServers: [ServerAddress] { didSet { systemAsks = systemServers.map { Ask(.outside, $0) } } }
    /// The resolvers of the tunnel in use, in order.
    package var relayServers: [ServerAddress] { didSet { relayAsks = relayServers.map { Ask(.tunnel, $0) } } }
    /// The same, outside and in the tunnel: made once, since they are needed for each question.
    private(set) var systemAsks: [Ask]
    private(set) var relayAsks: [Ask]
    /// The name of the tunnel in use; nil while there is none.
    package var tunnelInUse: String? { didSet { nodeInUse = Self.node(tunnelInUse, peerInUse) } }
    /// Which of its peers is active, where each is a node, counted from 0.
    package var peerInUse = 0 { didSet { nodeInUse = Self.node(tunnelInUse, peerInUse) } }
    /// What tells its resolvers from others at the same addresses: made once, since it is needed for each question.
    package private(set) var nodeInUse: String?
    /// Every tunnel, in order: rules may name one.
    package var tunnels: [NamedTunnel] = []
    /// Addresses that are the tunnel's own: its device's, its resolvers', its gateways'.
    package var tunnelOwn: Set<IPAddress>

    package init(
        setting: Setting = .system, profile: Profile = .desktop, lanSharing: Bool = true,
        ranges: PrivateRanges = PrivateRanges(includesCGNAT: false), tunnelRulesFallToSystem: Bool = false,
        state: TunnelState = .disconnected,
        systemServers: [ServerAddress] = [], relayServers: [ServerAddress] = [], tunnelInUse: String? = nil, tunnelOwn: Set<IPAddress> = []
    ) {
        self.setting = setting
        self.profile = profile
        self.lanSharing = lanSharing
        self.ranges = ranges
        self.tunnelRulesFallToSystem = tunnelRulesFallToSystem
        self.state = state
        self.systemServers = systemServers
        self.relayServers = relayServers
        systemAsks = systemServers.map { Ask(.outside, $0) }
        relayAsks = relayServers.map { Ask(.tunnel, $0) }
        self.tunnelInUse = tunnelInUse
        nodeInUse = tunnelInUse
        self.tunnelOwn = tunnelOwn
    }

    private static func node(_ tunnel: String?, _ peer: Int) -> String? { tunnel.map { NamedTunnel.identity($0, peer) } }

    /// The tunnel that a rule names; nil where it names none, or none that there is.
    package func tunnel(of rule: Ruling) -> NamedTunnel? { rule.tunnel.flatMap { name in tunnels.first { $0.name == name } } }

    /// The nodes whose resolvers are others now than in `former`, or cannot be asked any more.
    package func movedNodes(since former: Circumstances) -> Set<Node> {
        let now = Dictionary(tunnels.map { ($0.node, $0) }) { first, _ in first }
        let isOver = (state == .connected) != (former.state == .connected)
        return Set(former.tunnels.map(\.node)).union(now.keys).filter { node in
            let before = former.tunnels.first { $0.node == node }
            return isOver || before?.identity != now[node]?.identity || before?.state != now[node]?.state
        }
    }

    /// What tells the answers of these servers from those of others at the same addresses, besides the network.
    package func identity(of asks: [Ask]) -> String? {
        guard let node = asks.first?.node else { return nodeInUse }
        return tunnels.first { $0.node == node }?.identity
    }

    /// What a custom server counts as. The tunnel's own addresses are Default DNS however they were typed.
    package func kind(of server: ServerAddress) -> ServerKind {
        if tunnelOwn.contains(server.address) { return .relay }
        return ranges.contains(server.address) ? .privateCustom : .publicCustom
    }

    package var privateSystemServers: [ServerAddress] { systemServers.filter { ranges.contains($0.address) } }
    var publicCustomServers: [ServerAddress] {
        guard case .custom(let servers) = setting else { return [] }
        return servers.filter { kind(of: $0) == .publicCustom }
    }
}

/// Which DNS is configured for names that no rule names.
package enum Setting: Hashable, Sendable {
    /// Default DNS: the relay, the tunnel's own resolver, answers.
    case standard
    case custom([ServerAddress])
    case system
}

package enum ServerKind: Hashable, Sendable { case relay, privateCustom, publicCustom }

/// Whether excluded apps are answered as normal ones, or as if there were no tunnel.
package enum Profile: String, Hashable, Sendable, CaseIterable { case desktop, mobile }

/// Which kind of application asks. The listener it reached says so.
package enum App: String, Hashable, Sendable, CaseIterable {
    case normal
    /// Kept out of the tunnel.
    case excluded
    /// May only use the tunnel.
    case tunneled
}
