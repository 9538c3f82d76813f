// SPDX-License-Identifier: MIT
import Wire

/// A tunnel as a rule `tunnel:NAME` sees it.
package struct NamedTunnel: Hashable, Sendable {
    package let name: String
    package let node: Node
    package var state: TunnelState
    /// In order.
    package var resolvers: [ServerAddress]
    /// What it carries.
    package var families: Set<IPAddress.Family>
    /// Which of its peers is active, where each is a node, counted from 0.
    package var peer: Int

    package init(
        _ name: String, _ node: Node, state: TunnelState, resolvers: [ServerAddress], families: Set<IPAddress.Family> = [.v4, .v6],
        peer: Int = 0
    ) {
        self.name = name
        self.node = node
        self.state = state
        self.resolvers = resolvers
        self.families = families
        self.peer = peer
    }

    /// What tells its resolvers from others at the same addresses.
    package var identity: String { Self.identity(name, peer) }

    static func identity(_ name: String, _ peer: Int) -> String { peer == 0 ? name : "\(name) peer \(peer + 1)" }
}
