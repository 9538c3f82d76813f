// SPDX-License-Identifier: MIT
import Steering
import Wire

/// A set of the table `inet sluice` whose elements change while it runs. The raw value is its name in the kernel.
package enum SetName: String, Hashable, Sendable, CaseIterable {
    /// Learned addresses; no element of `tunnel` has a timeout, so that a dead daemon fails closed.
    case tunnel4, tunnel6, direct4, direct6, lan4, lan6
    /// Those of `tunnel` that go by one node alone: a map.
    case named4, named6
    /// Those whose traffic has a class of its own, for each route: maps, which stand in the table where some rule names one.
    case classTunnel4 = "class_tunnel4"
    case classTunnel6 = "class_tunnel6"
    case classDirect4 = "class_direct4"
    case classDirect6 = "class_direct6"
    case classLan4 = "class_lan4"
    case classLan6 = "class_lan6"
    /// Which node a new flow in the tunnel goes by, for each family in which it can be entered now. A map, as the next four.
    case tunnelEnter = "tunnel_enter"
    /// The node of each place among which flows are spread.
    case balance4, balance6
    /// The marks of flows that may go on in the tunnel.
    case tunnelFlows4 = "tunnel_flows4"
    case tunnelFlows6 = "tunnel_flows6"
    /// The families that have a default route outside the tunnel.
    case outsideOpen = "outside_open"
    /// The families for which no tunnel is wanted (disconnected): the default goes as if there were none.
    case tunnelUnwanted = "tunnel_unwanted"
    /// The names of our tunnel devices.
    case tunnelLinks = "tunnel_links"
    /// The same names, for `fib daddr oifname`: nft before 1.0.8 gives that another type than `oifname` has.
    case tunnelRoutes = "tunnel_routes"
    /// The addresses of our tunnel devices.
    case tunnelOwn4 = "tunnel_own4"
    case tunnelOwn6 = "tunnel_own6"
    /// (name, address) of each of our tunnel devices.
    case tunnelSources4 = "tunnel_sources4"
    case tunnelSources6 = "tunnel_sources6"
    /// Whole marks of other people's WireGuard devices.
    case foreignMarks = "foreign_marks"
    /// (server, port, mark) triples that port 53 and 853 may be used for.
    case resolvers4, resolvers6
    /// (address, port, mark) that our WireGuard devices send to.
    case endpoints4, endpoints6
    /// (server, its port, the program's port) of UDP flows that were ended.
    case ended4, ended6
    /// Local ports of TCP with a listener.
    case listening
    /// Control groups of excluded apps, and of those that may only use the tunnel.
    case appsOutside = "apps_outside"
    case appsTunnel = "apps_tunnel"

    /// The set that learned addresses of this kind and family stand in.
    package static func learned(_ route: SteeredRoute, _ family: IPAddress.Family) -> SetName {
        switch (route, family) {
        case (.tunnel, .v4): .tunnel4
        case (.tunnel, .v6): .tunnel6
        case (.direct, .v4): .direct4
        case (.direct, .v6): .direct6
        case (.lan, .v4): .lan4
        case (.lan, .v6): .lan6
        }
    }

    /// The map of addresses of this kind and family whose traffic has a class.
    static func classed(_ route: SteeredRoute, _ family: IPAddress.Family) -> SetName {
        switch (route, family) {
        case (.tunnel, .v4): .classTunnel4
        case (.tunnel, .v6): .classTunnel6
        case (.direct, .v4): .classDirect4
        case (.direct, .v6): .classDirect6
        case (.lan, .v4): .classLan4
        case (.lan, .v6): .classLan6
        }
    }

    enum Key { case address, resolver, flow, link, family, mark, service, group, slot, source }

    var key: Key {
        switch self {
        case .tunnel4, .tunnel6, .direct4, .direct6, .lan4, .lan6, .named4, .named6, .classTunnel4, .classTunnel6, .classDirect4,
            .classDirect6, .classLan4, .classLan6, .tunnelOwn4, .tunnelOwn6:
            .address
        case .resolvers4, .resolvers6, .endpoints4, .endpoints6: .resolver
        case .tunnelLinks, .tunnelRoutes: .link
        case .tunnelSources4, .tunnelSources6: .source
        case .tunnelEnter, .outsideOpen, .tunnelUnwanted: .family
        case .foreignMarks, .tunnelFlows4, .tunnelFlows6: .mark
        case .balance4, .balance6: .slot
        case .ended4, .ended6: .flow
        case .listening: .service
        case .appsOutside, .appsTunnel: .group
        }
    }

    /// Whether elements may end by themselves.
    var expires: Bool {
        switch self {
        case .direct4, .direct6, .lan4, .lan6, .ended4, .ended6: true
        case .tunnel4, .tunnel6, .named4, .named6, .classTunnel4, .classTunnel6, .classDirect4, .classDirect6, .classLan4, .classLan6,
            .tunnelEnter, .balance4, .balance6, .tunnelFlows4, .tunnelFlows6, .outsideOpen, .tunnelUnwanted, .tunnelLinks, .tunnelRoutes,
            .tunnelOwn4, .tunnelOwn6,
            .tunnelSources4, .tunnelSources6, .foreignMarks, .resolvers4, .resolvers6, .endpoints4, .endpoints6, .listening, .appsOutside,
            .appsTunnel:
            false
        }
    }
}
