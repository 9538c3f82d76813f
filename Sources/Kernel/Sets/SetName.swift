// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

/// A set of the table `inet sluice` whose elements change while it runs.
package struct SetName: Hashable, Sendable {
    /// Its name in the kernel.
    package let rawValue: String
    let key: Key
    /// Whether elements may end by themselves.
    let expires: Bool
    /// Whether what is taken out of it may not be there.
    let forgives: Bool

    enum Key { case address, resolver, flow, link, family, mark, service, group, slot, source }

    private init(_ rawValue: String, _ key: Key, expires: Bool = false, forgives: Bool = false) {
        self.rawValue = rawValue
        self.key = key
        self.expires = expires
        self.forgives = expires || forgives
    }

    package static func == (left: SetName, right: SetName) -> Bool { left.rawValue == right.rawValue }
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    // Learned addresses; no element of `tunnel` has a timeout, so that a dead daemon fails closed.
    package static let tunnel4 = SetName("tunnel4", .address)
    package static let tunnel6 = SetName("tunnel6", .address)
    package static let direct4 = SetName("direct4", .address, expires: true)
    package static let direct6 = SetName("direct6", .address, expires: true)
    package static let lan4 = SetName("lan4", .address, expires: true)
    package static let lan6 = SetName("lan6", .address, expires: true)
    /// Which node a new flow in the tunnel goes by, for each family in which it can be entered now. A map, as the next four.
    package static let tunnelEnter = SetName("tunnel_enter", .family)
    /// The node of each place among which flows are spread.
    package static let balance4 = SetName("balance4", .slot)
    package static let balance6 = SetName("balance6", .slot)
    /// The marks of flows that may go on in the tunnel.
    package static let tunnelFlows4 = SetName("tunnel_flows4", .mark)
    package static let tunnelFlows6 = SetName("tunnel_flows6", .mark)
    /// The families that have a default route outside the tunnel.
    package static let outsideOpen = SetName("outside_open", .family)
    /// The families for which no tunnel is wanted (disconnected): the default goes as if there were none.
    package static let tunnelUnwanted = SetName("tunnel_unwanted", .family)
    /// The names of our tunnel devices.
    package static let tunnelLinks = SetName("tunnel_links", .link)
    /// The same names, for `fib daddr oifname`: nft before 1.0.8 gives that another type than `oifname` has.
    package static let tunnelRoutes = SetName("tunnel_routes", .link)
    /// The addresses of our tunnel devices.
    package static let tunnelOwn4 = SetName("tunnel_own4", .address)
    package static let tunnelOwn6 = SetName("tunnel_own6", .address)
    /// (name, address) of each of our tunnel devices.
    package static let tunnelSources4 = SetName("tunnel_sources4", .source)
    package static let tunnelSources6 = SetName("tunnel_sources6", .source)
    /// Whole marks of other people's WireGuard devices.
    package static let foreignMarks = SetName("foreign_marks", .mark)
    /// (server, port, mark) triples that port 53 and 853 may be used for.
    package static let resolvers4 = SetName("resolvers4", .resolver)
    package static let resolvers6 = SetName("resolvers6", .resolver)
    /// (address, port, mark) that our WireGuard devices send to.
    package static let endpoints4 = SetName("endpoints4", .resolver)
    package static let endpoints6 = SetName("endpoints6", .resolver)
    /// (server, its port, the program's port) of UDP flows that were ended.
    package static let ended4 = SetName("ended4", .flow, expires: true)
    package static let ended6 = SetName("ended6", .flow, expires: true)
    /// Local ports of TCP with a listener.
    package static let listening = SetName("listening", .service)
    /// Control groups of excluded apps, and of those that may only use the tunnel.
    package static let appsOutside = SetName("apps_outside", .group)
    package static let appsTunnel = SetName("apps_tunnel", .group)

    /// The set that learned addresses of this kind and family stand in.
    package static func learned(_ route: SteeredRoute, _ family: IPAddress.Family) -> SetName {
        switch (route, family) {
        case (.tunnel, .v4): tunnel4
        case (.tunnel, .v6): tunnel6
        case (.direct, .v4): direct4
        case (.direct, .v6): direct6
        case (.lan, .v4): lan4
        case (.lan, .v6): lan6
        }
    }

    // One for each node and for each class, not one map to all: of a map that leads to chains the kernel walks every element with each commit
    // (0.15 µs each, measured on 6.18).

    /// Those of `tunnel` that go by this node alone.
    package static func named(_ node: Node, _ family: IPAddress.Family) -> SetName {
        SetName("named\(digit(family))_\(node.number)", .address, forgives: true)
    }

    /// Those of a route whose traffic has the class of this number.
    package static func classed(_ route: SteeredRoute, _ family: IPAddress.Family, _ trafficClass: Int) -> SetName {
        SetName("\(route.rawValue)\(digit(family))_class\(trafficClass)", .address, forgives: true)
    }

    private static func digit(_ family: IPAddress.Family) -> String { family == .v4 ? "4" : "6" }

    /// Those that every table has.
    static let always = [
        tunnel4, tunnel6, direct4, direct6, lan4, lan6, tunnelEnter, balance4, balance6, tunnelFlows4, tunnelFlows6, outsideOpen,
        tunnelUnwanted,
        tunnelLinks, tunnelRoutes, tunnelOwn4, tunnelOwn6, tunnelSources4, tunnelSources6, foreignMarks, resolvers4, resolvers6, endpoints4,
        endpoints6, ended4, ended6, listening, appsOutside, appsTunnel,
    ]
}
