// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

extension RulesetPlan {
    var sets: String {
        var text = ""
        func set(_ name: String, _ type: String, _ more: String...) {
            text += "\tset \(name) {\n\t\t\(type)\n" + more.filter { !$0.isEmpty }.map { "\t\t\($0)\n" }.joined() + "\t}\n"
        }
        func map(_ name: String, _ key: String) { text += "\tmap \(name) {\n\t\t\(key) : verdict\n\t}\n" }
        text += "\t# Learned addresses. Those of tunnel rules have no timeout: they hold also when nobody renews them.\n"
        // Without a flag the kernel lays out a table for the whole size at once, 6 to 8 MB for 262,144 that are not there (measured on 6.18);
        // with either of these one that grows.
        for name in ["tunnel", "direct", "lan"] {
            let flags = name == "tunnel" ? "flags dynamic" : "flags timeout"
            set(name + "4", "type ipv4_addr", "size \(learnedSize)", flags)
            set(name + "6", "type ipv6_addr", "size \(learnedSize)", flags)
        }
        func learned(_ name: SetName, _ family: IPAddress.Family) {
            set(name.rawValue, family == .v4 ? "type ipv4_addr" : "type ipv6_addr", "size \(learnedSize)", "flags dynamic")
        }
        text += "\n\t# Those of tunnel rules that name their node.\n"
        for node in Node.first(nodes.count) { for family in IPAddress.Family.allCases { learned(.named(node, family), family) } }
        if !trafficClasses.isEmpty { text += "\n\t# Those whose traffic has a class, by its number.\n" }
        for number in trafficClasses.indices {
            for route in SteeredRoute.allCases {
                for family in IPAddress.Family.allCases { learned(.classed(route, family, number), family) }
            }
        }
        text += "\n\t# Networks of rules; the longest prefix has won already.\n"
        for action in Action.allCases {
            for family in IPAddress.Family.allCases {
                let ranges = networks.filter { $0.action == action && $0.first.family == family }
                let elements = ranges.map(\.text).joined(separator: ", ")
                set(
                    action.rawValue + (family == .v4 ? "4_net" : "6_net"), family == .v4 ? "type ipv4_addr" : "type ipv6_addr",
                    "flags interval", elements.isEmpty ? "" : "elements = { \(elements) }")
            }
        }
        text += "\n\t# Those of tunnel rules that name their node.\n"
        for family in IPAddress.Family.allCases {
            let ranges = networks.filter { $0.action == .tunnel && $0.first.family == family }
            let elements = ranges.compactMap { range in
                range.handling.node.flatMap { Node($0) }.map { "\(range.text) : goto to_node\($0.number)" }
            }.joined(separator: ", ")
            text += "\tmap named\(family == .v4 ? "4" : "6")_net {\n\t\ttype \(family == .v4 ? "ipv4" : "ipv6")_addr : verdict\n"
            text += "\t\tflags interval\n" + (elements.isEmpty ? "" : "\t\telements = { \(elements) }\n") + "\t}\n"
        }
        text += "\n\t# Local networks; multicast and broadcast stand in the rules.\n"
        let shared = cgnatIsPrivate ? "100.64.0.0/10, " : ""
        set(
            "private4", "type ipv4_addr", "flags constant, interval",
            "elements = { 10.0.0.0/8, \(shared)169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 }")
        set("private6", "type ipv6_addr", "flags constant, interval", "elements = { fc00::/7, fe80::/10 }")
        text +=
            "\n\t# Which node a new flow goes by: in each family, and where flows are spread, by what tells them apart. What is missing is refused.\n"
        map("tunnel_enter", "typeof meta nfproto")
        map("balance4", "typeof numgen inc mod \(Node.places)")
        map("balance6", "typeof numgen inc mod \(Node.places)")
        text += "\n\t# Flows that may go on in the tunnel, by their marks.\n"
        map("tunnel_flows4", "type mark")
        map("tunnel_flows6", "type mark")
        text += "\n\t# Families in which there is a way outside, for which no tunnel is wanted.\n"
        set("outside_open", "typeof meta nfproto")
        set("tunnel_unwanted", "typeof meta nfproto")
        text += "\n\t# Our tunnel devices, twice as nft gives the two uses two types, and their addresses.\n"
        set("tunnel_links", "type ifname")
        set("tunnel_routes", "typeof fib daddr oifname")
        set("tunnel_own4", "type ipv4_addr")
        set("tunnel_own6", "type ipv6_addr")
        set("tunnel_sources4", "type ifname . ipv4_addr")
        set("tunnel_sources6", "type ifname . ipv6_addr")
        text +=
            "\n\t# Marks of WireGuard devices that are not ours; (server, port, mark) that we may ask; where our WireGuard devices send to.\n"
        set("foreign_marks", "type mark")
        set("resolvers4", "type ipv4_addr . inet_service . mark")
        set("resolvers6", "type ipv6_addr . inet_service . mark")
        set("endpoints4", "type ipv4_addr . inet_service . mark")
        set("endpoints6", "type ipv6_addr . inet_service . mark")
        text +=
            "\n\t# UDP flows outside that sluice has ended: (server, its port, the program's); what still comes of them begins no other.\n"
        set("ended4", "type ipv4_addr . inet_service . inet_service", "size 16384", "flags timeout")
        set("ended6", "type ipv6_addr . inet_service . inet_service", "size 16384", "flags timeout")
        text += "\n\t# Ports where programs here listened for TCP when the table was built.\n"
        set("listening", "type inet_service")
        text += "\n\t# Control groups of excluded apps, and of apps that may only use the tunnel.\n"
        set("apps_outside", "type cgroupsv2")
        set("apps_tunnel", "type cgroupsv2")
        return text
    }
}
