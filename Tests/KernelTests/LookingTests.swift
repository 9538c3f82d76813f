// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Testing
import Wire

@testable import Kernel

/// What `doctor` asks of the kernel, held against `ip` and `nft`.
@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct LookingTests {
    private func inRoom(_ setup: String, _ body: (Room) throws -> Void) throws {
        let room = try Room()
        try room.shell(
            """
            ip link add name eth0 type veth peer name eth1; ip link add name tun0 type veth peer name tun1
            for i in eth0 eth1 tun0 tun1; do sysctl -qw net.ipv6.conf.$i.accept_dad=0; ip link set $i up; done
            ip addr add 198.51.100.2/24 dev eth0; ip addr add 2001:db8:100::2/64 dev eth0 nodad; ip addr add 10.9.0.2/32 dev tun0
            \(setup)
            """)
        try room.run { try body(room) }
    }

    @Test func waysAreWhatIPRouteGetSays() throws {
        try inRoom(
            """
            ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:100::1
            ip route add default dev tun0 table 77; ip route add unreachable 192.0.2.0/24
            ip rule add fwmark 0x01000000/0xff000000 lookup 77; ip rule add fwmark 0x03000000/0xff000000 prohibit
            """
        ) { room in
            var socket = try RouteSocket()
            let eth0 = try #require(try socket.link(named: "eth0")?.index)
            let tun0 = try #require(try socket.link(named: "tun0")?.index)
            let four = try #require(IPAddress("198.41.0.4"))
            let six = try #require(IPAddress("2001:503:ba3e::2:30"))
            let gateway = IPAddress("198.51.100.1")
            #expect(
                try socket.lookup(four, mark: 0) == .by(.init(link: eth0, gateway: gateway, table: 254, source: IPAddress("198.51.100.2"))))
            #expect(
                try socket.lookup(four, mark: Path.tunnel.mark | 7)
                    == .by(.init(link: tun0, gateway: nil, table: 77, source: IPAddress("10.9.0.2"))))
            #expect(try socket.lookup(four, mark: Path.lan.mark) == .refused(errno: EACCES))
            #expect(try socket.lookup(try #require(IPAddress("192.0.2.1")), mark: 0) == .refused(errno: EHOSTUNREACH))
            let way = RouteLookup.Way(
                link: eth0, gateway: IPAddress("2001:db8:100::1"), table: 254, source: IPAddress("2001:db8:100::2"))
            #expect(try socket.lookup(six, mark: 0) == .by(way))
            // Whom it concerns is asked of the kernel, not of `ip`; it says the same.
            let said = try room.shell("ip -6 route get 2001:503:ba3e::2:30")
            #expect(said.contains("via 2001:db8:100::1 dev eth0") && said.contains("src 2001:db8:100::2"))
            #expect(
                try socket.defaultRoutes() == [
                    .init(family: .v4, link: eth0, gateway: gateway), .init(family: .v6, link: eth0, gateway: IPAddress("2001:db8:100::1")),
                ])
            try room.shell("ip -6 route del default; ip route del default")
            #expect(try socket.lookup(six, mark: 0) == .refused(errno: ENETUNREACH))
            #expect(try socket.lookup(four, mark: 0) == .refused(errno: ENETUNREACH))
            #expect(try socket.defaultRoutes().isEmpty)
        }
    }

    @Test func everyRuleIsRead() throws {
        try inRoom(
            """
            ip rule add pref 5 fwmark 0x40000/0xff0000 lookup main; ip rule add pref 6 from 10.0.0.0/8 lookup 77
            ip rule add pref 32764 lookup main suppress_prefixlength 0; ip rule add pref 32765 not fwmark 51820 lookup 51820
            ip rule add pref 7 iif eth0 unreachable; ip rule add pref 8 uidrange 5-6 lookup 77; ip rule add pref 9 fwmark 0x0/0xff lookup 77
            ip -6 rule add pref 5270 lookup 52
            """
        ) { room in
            var socket = try RouteSocket()
            try socket.setRules(tunnels: ["tun0"])
            let rules = try socket.policyRules()
            func rule(_ priority: UInt32, _ family: IPAddress.Family = .v4) throws -> PolicyRule {
                try #require(rules.first { $0.family == family && $0.priority == priority })
            }
            #expect(rules.count == Int(try room.shell("(ip rule; ip -6 rule) | wc -l").filter(\.isNumber)))
            #expect(rules.filter(\.isOurs).count == Int(try room.shell("(ip rule; ip -6 rule) | grep -c 'proto 83'").filter(\.isNumber)))
            #expect(try rule(5).mark ?? (0, 0) == (0x40000, 0xFF0000))
            #expect(try rule(6).isNarrower && rule(6).action == .lookup(77) && rule(6).mark == nil)
            #expect(try rule(7).incoming == "eth0" && rule(7).action == .unreachable)
            #expect(try rule(8).isNarrower)
            #expect(try rule(9).mark ?? (1, 1) == (0, 0xFF))
            #expect(try rule(32764).suppressed == 0 && rule(32766).suppressed == nil)
            #expect(try rule(32765).inverted && rule(32765).action == .lookup(51820))
            #expect(try rule(5270, .v6).action == .lookup(52) && !rule(5270, .v6).isNarrower)
        }
    }

    @Test func rulesAreHeldAgainstMarks() {
        var rule = PolicyRule(family: .v4, priority: 5, action: .lookup(254))
        #expect(rule.fitsAll(mark: 0x0100_0000) && rule.mayFit(mark: 0x0100_0000, known: Path.markMask))
        rule.markValue = 0x4_0000
        rule.markMask = 0xFF_0000
        #expect(!rule.fitsAll(mark: 0x0100_0000) && rule.mayFit(mark: 0x0100_0000, known: Path.markMask))
        rule.markValue = 0xCA6C
        rule.markMask = .max
        #expect(!rule.mayFit(mark: 0x0100_0000, known: Path.markMask))
        rule.inverted = true
        #expect(rule.fitsAll(mark: 0x0100_0000) && rule.mayFit(mark: 0x0100_0000, known: Path.markMask))
        rule.isNarrower = true
        #expect(!rule.fitsAll(mark: 0x0100_0000) && rule.mayFit(mark: 0x0100_0000, known: Path.markMask))
    }

    /// Sets of 100,000 elements of others are not read: they take a second.
    @Test func theRulesetComesWithoutElements() throws {
        try inRoom(
            """
            nft -f - <<'NFT'
            table ip foreign {
                set many { type ipv4_addr; elements = { 192.0.2.77 }; }
                chain out { type nat hook output priority -100; udp dport { 53, 853 } counter dnat to 192.0.2.53; ip daddr @many accept; }
            }
            NFT
            """
        ) { _ in
            let text = try Nftables().wholeRuleset()
            #expect(text.contains("type nat hook output priority -100; policy accept;"))
            #expect(text.contains("udp dport { 53, 853 } counter dnat to 192.0.2.53"))
            #expect(!text.contains("192.0.2.77") && !text.contains("packets"))
        }
    }
}
