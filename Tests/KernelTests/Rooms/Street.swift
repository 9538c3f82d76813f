// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Steering
import Wire

@testable import Kernel

/// Four rooms with real packets between them: `client` in the LAN, `host` with our table, `inet`, and `relay` behind the "tunnel",
/// for which a plain link stands here. The web servers' addresses exist in both outer rooms, so a greeting tells which way was taken.
///
///     client 192.168.77.2 ── lan0 host eth0 ── 198.51.100.1 inet
///                                      tun0 ── 10.64.1.1    relay
final class Street {
    let client: Room
    let host: Room
    let inet: Room
    let relay: Room
    private let greeters: [Greeter]

    static let web = ["203.0.113.10", "203.0.113.20", "2001:db8:113::10", "2001:db8:113::20"]

    /// - Parameter outsideV6: whether the host has a default route of IPv6.
    init(outsideV6: Bool = true, reversePathFilter: Int = 0) throws {
        (client, host, inet, relay) = (try Room(), try Room(forwards: true), try Room(forwards: true), try Room(forwards: true))
        try host.shell(
            """
            ip link add name eth0 type veth peer name eth0 netns \(inet.path)
            ip link add name lan0 type veth peer name eth0 netns \(client.path)
            ip link add name tun0 type veth peer name tun0 netns \(relay.path)
            for i in eth0 lan0 tun0; do sysctl -qw net.ipv6.conf.$i.accept_dad=0; ip link set $i up; done
            ip addr add 198.51.100.2/24 dev eth0
            ip addr add 192.168.77.1/24 dev lan0; ip addr add fd00:77::1/64 dev lan0 nodad
            ip addr add 10.64.1.2/32 dev tun0; ip addr add fd00:64:1::2/128 dev tun0 nodad
            ip route add default via 198.51.100.1
            \(outsideV6 ? "ip addr add 2001:db8:100::2/64 dev eth0 nodad; ip route add default via 2001:db8:100::1" : "")
            for i in all eth0 lan0 tun0; do sysctl -qw net.ipv4.conf.$i.rp_filter=\(reversePathFilter); done
            """)
        // The link that stands for a tunnel is an Ethernet: the relay answers for what is behind it, and speaks to 10.64.1.2 only.
        try relay.shell(
            """
            sysctl -qw net.ipv6.conf.tun0.accept_dad=0; ip link set tun0 up
            for a in 10.64.1.1/32 \(Self.web[0])/32 \(Self.web[1])/32; do ip addr add $a dev tun0; done
            for a in fd00:64:1::1/128 \(Self.web[2])/128 \(Self.web[3])/128; do ip addr add $a dev tun0 nodad; done
            ip route add 10.64.1.2 dev tun0; ip -6 route add fd00:64:1::2 dev tun0
            """)
        try inet.shell(
            """
            sysctl -qw net.ipv6.conf.eth0.accept_dad=0; ip link set eth0 up
            ip addr add 198.51.100.1/24 dev eth0; ip addr add 2001:db8:100::1/64 dev eth0 nodad
            for a in \(Self.web[0])/32 \(Self.web[1])/32; do ip addr add $a dev lo; done
            for a in \(Self.web[2])/128 \(Self.web[3])/128; do ip addr add $a dev lo nodad; done
            ip route add 192.168.77.0/24 via 198.51.100.2
            \(outsideV6 ? "ip -6 route add fd00:77::/64 via 2001:db8:100::2" : "")
            """)
        try client.shell(
            """
            sysctl -qw net.ipv6.conf.eth0.accept_dad=0; ip link set eth0 up
            ip addr add 192.168.77.2/24 dev eth0; ip addr add fd00:77::2/64 dev eth0 nodad
            ip route add default via 192.168.77.1; ip -6 route add default via fd00:77::1
            """)
        greeters = [
            try Greeter("client", port: 80, in: client), try Greeter("host", port: 80, in: host),
            try Greeter("inet", port: 80, in: inet), try Greeter("relay", port: 80, in: relay),
            try Greeter("inet", port: 53, in: inet), try Greeter("relay", port: 53, in: relay),
        ]
    }

    /// Our table, rules and routes, with the first web address of each family owed to a tunnel rule.
    func steer(_ plan: RulesetPlan = .init(), open: Set<IPAddress.Family> = [.v4, .v6], more: [SetElement] = []) throws {
        var plan = plan
        if plan.nodes.isEmpty { plan.nodes = ["tun0"] }
        try host.run {
            var routes = try RouteSocket()
            _ = try SourceValidMark.enable()
            let tunnels = try plan.nodes.map { try routes.link(named: $0)!.index }
            try routes.setRules(tunnels: plan.nodes)
            try routes.setTunnel(link: tunnels[0], families: [.v4, .v6])
            for (number, link) in tunnels.enumerated() { try routes.setNode(Node(number)!, link: link, families: [.v4, .v6]) }
            let mirror = try routes.mirrorMain(excluding: Set(tunnels))
            guard mirror.refused.isEmpty else { throw mirror.refused[0] }
            var elements = plan.nodes.flatMap { SetElement.tunnelLink($0) } + more
            elements += [.tunnelOwn(IPAddress("10.64.1.2")!), .tunnelOwn(IPAddress("fd00:64:1::2")!)]
            elements += open.flatMap(Self.open) + mirror.defaults.map { .outsideOpen($0) }
            elements += [Self.web[0], Self.web[2]].map { .learned(.tunnel, IPAddress($0)!) }
            try Nftables().load(plan, elements: elements)
        }
    }

    static let node = Node(0)!

    /// What opens the tunnel in a family.
    static func open(_ family: IPAddress.Family) -> [SetElement] {
        [.tunnelEnter(family, .node(node)), .ownFlows(family)] + SetElement.flows(of: node, family)
    }

    /// Changes elements of the host's sets.
    func change(_ changes: [ElementChange]) throws {
        try host.run {
            var writer = try SetWriter()
            let refused = try writer.commit(changes)
            guard refused.isEmpty else { throw refused[0].error }
        }
    }

    /// Packets that left the host by a link since the last reading, IPv4 and IPv6, less neighbour discovery.
    func watch(_ link: String) throws {
        try host.shell(
            """
            nft -f - <<'END'
            table netdev watch_\(link) {
                chain out {
                    type filter hook egress device \(link) priority 0;
                    icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept
                    meta protocol { ip, ip6 } counter
                }
            }
            END
            """)
    }

    func seen(_ link: String) throws -> Int {
        let text = try host.shell("nft list table netdev watch_\(link)")
        let words = text.split { $0 == " " || $0 == "\n" }
        guard let index = words.firstIndex(of: "counter"), index + 2 < words.count, let count = Int(words[index + 2]) else {
            throw RoomError("no counter on \(link)", 0)
        }
        return count
    }
}
