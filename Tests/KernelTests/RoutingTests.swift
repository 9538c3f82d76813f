// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Testing
import Wire

@testable import Kernel

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct RoutingTests {
    /// A namespace with two links, of which `tun0` is the tunnel, and a RouteSocket in it.
    private func withLinks(_ body: (Room, inout RouteSocket, _ tunnel: UInt32) throws -> Void) throws {
        let room = try Room()
        try room.shell(
            """
            ip link add name eth0 type veth peer name eth1; ip link add name tun0 type veth peer name tun1
            for i in eth0 eth1 tun0 tun1; do sysctl -qw net.ipv6.conf.$i.accept_dad=0; ip link set $i up; done
            ip addr add 198.51.100.2/24 dev eth0; ip addr add 2001:db8:100::2/64 dev eth0 nodad
            """)
        try room.run {
            var routes = try RouteSocket()
            let tunnel = try #require(try routes.link(named: "tun0"))
            try body(room, &routes, tunnel.index)
        }
    }

    private func lines(_ room: Room, _ command: String) throws -> [String] {
        try room.shell(command).split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" }.joined(separator: " ") }
    }

    @Test func rulesAreOursOnlyAndCanBeSaidAgain() throws {
        try withLinks { room, routes, _ in
            try room.shell("ip rule add pref 20000 fwmark 0x7 lookup 99; ip -6 rule add pref 15270 lookup 52")
            let before = try lines(room, "ip rule; ip -6 rule")
            for _ in 0..<2 { try routes.setRules(tunnels: ["tun0", "wg9"]) }
            let rules = try lines(room, "ip rule")
            let six = try lines(room, "ip -6 rule")
            let ours = [
                "10000: from all iif tun0 lookup main proto 83", "10001: from all iif wg9 [detached] lookup main proto 83",
                "10010: from all fwmark 0x1000000/0xff000000 lookup 5151 proto 83",
                "10011: from all fwmark 0x1000000/0xff000000 unreachable proto 83",
                "10012: from all fwmark 0x2000000/0xff000000 lookup 5152 proto 83",
                "10013: from all fwmark 0x2000000/0xff000000 unreachable proto 83",
                "10014: from all fwmark 0x3000000/0xff000000 lookup 5152 proto 83",
                "10015: from all fwmark 0x3000000/0xff000000 unreachable proto 83",
                "10016: from all fwmark 0x10000000/0xff000000 lookup 5160 proto 83",
                "10017: from all fwmark 0x10000000/0xff000000 unreachable proto 83",
                "10018: from all fwmark 0x11000000/0xff000000 lookup 5161 proto 83",
                "10019: from all fwmark 0x11000000/0xff000000 unreachable proto 83",
                "40000: from all lookup 5151 proto 83",
            ]
            #expect(rules.filter { $0.contains("proto 83") } == ours)
            #expect(six.filter { $0.contains("proto 83") } == ours)
            try routes.setRules(tunnels: ["wg9"])
            #expect(try lines(room, "ip rule")[1] == "10000: from all iif wg9 [detached] lookup main proto 83")
            #expect(try lines(room, "ip rule").count == rules.count - 3)
            // Whoever says no preference comes first; ours move before him, and stay there when he is gone.
            try room.shell("ip rule add fwmark 0x9 lookup 98; ip -6 rule add fwmark 0x9 lookup 98")
            #expect(try lines(room, "ip rule")[1] == "9999: from all fwmark 0x9 lookup 98")
            #expect(try routes.setRules(tunnels: ["wg9"]) == 36)
            #expect(try lines(room, "ip rule")[1] == "9963: from all iif wg9 [detached] lookup main proto 83")
            #expect(try lines(room, "ip rule").count == rules.count - 2)
            #expect(try routes.setRules(tunnels: ["wg9"]) == 0)
            try room.shell("ip rule del pref 9999; ip -6 rule del pref 9999")
            #expect(try routes.setRules(tunnels: ["wg9"]) == 0)
            try routes.removeRules()
            #expect(try lines(room, "ip rule; ip -6 rule") == before)
        }
    }

    @Test func theTunnelsTableEndsUnreachableAlways() throws {
        try withLinks { room, routes, tunnel in
            let show = "ip route show table 5151; ip -6 route show table 5151"
            let ends = [
                "unreachable default proto 83 metric 4294967295", "unreachable default dev lo proto 83 metric 4294967295 pref medium",
            ]
            for _ in 0..<2 { try routes.setTunnel(link: tunnel, families: [.v4, .v6]) }
            #expect(
                try lines(room, show) == [
                    "default dev tun0 proto 83 scope link", ends[0], "default dev tun0 proto 83 metric 1024 pref medium", ends[1],
                ])
            let other = try #require(try routes.link(named: "tun1"))
            try routes.setTunnel(link: other.index, families: [.v4])
            #expect(try lines(room, show) == ["default dev tun1 proto 83 scope link", ends[0], ends[1]])
            try room.shell("ip link del tun1")
            #expect(try lines(room, show) == ends)
            try routes.setTunnel(link: nil, families: [])
            #expect(try lines(room, show) == ends)
            // A node's own table is like it, and ends with it.
            let node = "ip route show table 5163; ip -6 route show table 5163"
            let third = try #require(try routes.link(named: "eth1")).index
            for _ in 0..<2 { try routes.setNode(Node(3)!, link: third, families: [.v4]) }
            #expect(try lines(room, node) == ["default dev eth1 proto 83 scope link", ends[0], ends[1]])
            try room.shell("ip link set eth1 down")
            #expect(try lines(room, node) == ends)
            try routes.removeTables()
            #expect(try room.shell(node + " 2>/dev/null || true") == "")
            #expect(try room.shell(show + " 2>/dev/null || true") == "")
        }
    }

    @Test func theCopyOfMainFollowsIt() throws {
        try withLinks { room, routes, tunnel in
            try room.shell(
                """
                ip route add 192.0.2.0/24 via 198.51.100.9; ip route add default via 198.51.100.1 metric 100
                ip route add default via 198.51.100.3 metric 200 mtu 1300
                ip route add 192.0.3.0/24 nexthop via 198.51.100.1 weight 2 nexthop via 198.51.100.3
                ip route add 10.99.0.0/16 dev tun0; ip route add 192.0.4.0/24 nexthop dev tun0 nexthop via 198.51.100.1
                ip route add unreachable 192.0.5.0/24; ip nexthop add id 7 via 198.51.100.7 dev eth0; ip route add 192.0.6.0/24 nhid 7
                ip route add 192.0.7.0/24 via inet6 2001:db8:100::9; ip route add 192.0.8.0/24 via 192.0.9.1 dev eth0 onlink
                ip -6 route add default via 2001:db8:100::1; ip -6 route add 2001:db8:1::/48 via fe80::1 dev eth0
                ip -6 route add 2001:db8:2::/48 nexthop via 2001:db8:100::1 nexthop via 2001:db8:100::3
                ip -6 route add 2001:db8:3::/48 dev tun0; ip -6 route add blackhole 2001:db8:4::/48
                """)
            // As `ip` shows it, less what tells who made a route.
            func table(_ number: String) throws -> [String] {
                try lines(room, "ip -oneline route show table \(number); ip -oneline -6 route show table \(number)").filter {
                    !$0.contains("tun0")
                }
                .map { line in
                    var words = line.split(separator: " ").map(String.init)
                    for name in ["proto", "nhid"] { if let at = words.firstIndex(of: name) { words.removeSubrange(at...at + 1) } }
                    return words.joined(separator: " ")
                }.sorted()
            }
            var mirror = try routes.mirrorMain(excluding: [tunnel])
            #expect(mirror.refused == [])
            #expect(mirror.defaults == [.v4, .v6])
            #expect(try table("5152") == table("main"))
            #expect(try table("5152").count == mirror.changes && mirror.changes > 14)
            #expect(try routes.mirrorMain(excluding: [tunnel]).changes == 0)
            #expect(try routes.gateways().map(\.address).contains(IPAddress("198.51.100.1")!))
            try room.shell(
                "ip route change default via 198.51.100.4 metric 100; ip route del 192.0.2.0/24; ip -6 route del default; ip addr add 192.0.10.1/24 dev eth0"
            )
            mirror = try routes.mirrorMain(excluding: [tunnel])
            #expect(mirror.refused == [])
            #expect(mirror.defaults == [.v4])
            #expect(try table("5152") == table("main"))
            try routes.removeTables()
            #expect(try table("5152 2>/dev/null || true") == [])
        }
    }

    @Test func eventsTellWhatChanged() throws {
        try withLinks { room, routes, tunnel in
            var monitor = try LinkMonitor()
            #expect(try monitor.drain() == [])
            try room.shell("ip link set tun0 down; ip link set tun0 up; ip link set tun0 down")
            let links = try monitor.drain().filter { if case .linkChanged(tunnel, _, _, _) = $0 { true } else { false } }
            #expect(links.last == .linkChanged(index: tunnel, name: "tun0", isUp: false, exists: true))
            try room.shell("ip addr add 192.0.2.1/32 dev eth0")
            #expect(try monitor.drain().contains(.addressesChanged))
            #expect(try routes.addresses().contains { $0.address == IPAddress("192.0.2.1") && $0.length == 32 })
            try room.shell("ip route add 192.0.3.0/24 via 198.51.100.1")
            #expect(try monitor.drain() == [.routesChanged])
            try room.shell("ip route add 192.0.3.0/24 via 198.51.100.1 table 77")
            #expect(try monitor.drain() == [])
            try routes.setRules(tunnels: [])
            #expect(try monitor.drain() == [.rulesChanged])
            try room.shell("ip link del tun0")
            #expect(try monitor.drain().contains(.linkChanged(index: tunnel, name: "tun0", isUp: false, exists: false)))
            // More than the socket holds.
            try room.shell(
                "for i in $(seq 1 4000); do echo route add 192.0.3.$((i%250)) via 198.51.100.1 table main metric $i; done | ip -batch -")
            #expect(try monitor.drain().contains(.overflow))
            #expect(try monitor.drain() == [])
        }
    }

    @Test func sourceValidMarkIsGivenBack() throws {
        try Room().run {
            #expect(try SourceValidMark.enable() == false)
            #expect(try SourceValidMark.enable() == true)
            try SourceValidMark.restore(false)
            #expect(try SourceValidMark.enable() == false)
        }
    }
}
