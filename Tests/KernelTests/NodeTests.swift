// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Rules
import Steering
import Testing
import Wire

@testable import Kernel

/// Two tunnels: `tun0` as ever, and `tun1` to a second relay, without IPv6. Web servers' addresses exist behind both.
@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct NodeTests {
    private static let (first, second) = (Node(0)!, Node(1)!)
    private static let plan = RulesetPlan(nodes: ["tun0", "tun1"])

    /// - Parameter entry: by which node new flows go; nil: spread over both.
    private func withTwo(
        _ plan: RulesetPlan = plan, by entry: Node? = first, filter: Int = 0, more: [SetElement] = [], _ body: (Street, Room) throws -> Void
    ) throws {
        let street = try Street(reversePathFilter: filter)
        let relay = try Room(forwards: true)
        try street.host.shell(
            """
            ip link add name tun1 type veth peer name tun1 netns \(relay.path)
            sysctl -qw net.ipv6.conf.tun1.accept_dad=0 net.ipv4.conf.tun1.rp_filter=\(filter); ip link set tun1 up
            ip addr add 10.64.2.2/32 dev tun1
            """)
        try relay.shell(
            """
            ip link set tun1 up
            for a in 10.64.2.1/32 \(Street.web[0])/32 \(Street.web[1])/32; do ip addr add $a dev tun1; done
            for a in 10.64.2.2 10.64.1.2; do ip route add $a dev tun1; done
            """)
        let greeters = [try Greeter("second", port: 80, in: relay), try Greeter("second", port: 53, in: relay)]
        let spread = (0..<Node.places).flatMap { slot in
            [SetElement.balance(.v4, slot: slot, slot % 3 == 2 ? Self.second : Self.first), .balance(.v6, slot: slot, Self.first)]
        }
        let sources = [("tun0", "10.64.1.2"), ("tun0", "fd00:64:1::2"), ("tun1", "10.64.2.2")].map {
            SetElement.tunnelSource($0.0, IPAddress($0.1)!)
        }
        let entries = [IPAddress.Family.v4, .v6].map { SetElement.tunnelEnter($0, entry.map { .node($0) } ?? .spread) }
        let flows = [(Self.first, IPAddress.Family.v4), (Self.first, .v6), (Self.second, .v4)].flatMap { SetElement.flows(of: $0, $1) }
        try street.steer(
            plan, open: [], more: entries + flows + spread + [.ownFlows(.v4), .tunnelOwn(IPAddress("10.64.2.2")!)] + sources + more)
        for link in ["eth0", "tun0", "tun1"] { try street.watch(link) }
        try body(street, relay)
        withExtendedLifetime(greeters) {}
    }

    private func closed(_ node: Node) -> [ElementChange] {
        [IPAddress.Family.v4, .v6].flatMap { SetElement.flows(of: node, $0) }.map { .init(.remove, $0) }
    }

    private func enter(_ node: Node, after former: Node) -> [ElementChange] {
        let families: [IPAddress.Family] = [.v4, .v6]
        return families.map { .init(.remove, .tunnelEnter($0, .node(former))) }
            + families.map { .init(.add, .tunnelEnter($0, .node(node))) }
    }

    @Test(arguments: ["host", "client"]) func aDeadNodesFlowGoesByNoOther(_ from: String) throws {
        try withTwo { street, _ in
            let room = from == "host" ? street.host : street.client
            let flow = try Datagrams(to: Street.web[0], in: room)
            try flow.send()
            let before = try (street.seen("tun0"), street.seen("eth0"))
            #expect(before.0 > 0)
            try street.change(closed(Self.first) + enter(Self.second, after: Self.first))
            for _ in 0..<3 { try? flow.send() }
            #expect(try street.seen("tun1") == 0)
            #expect(try street.seen("tun0") == before.0 && street.seen("eth0") == before.1)
            #expect(try room.call(Street.web[0]).greeting == "second 10.64.2.2")
        }
    }

    /// One whose source was never translated, as those of our own sockets: even where routes send it there, and it may go on.
    @Test func nothingLeavesByANodeWithAnothersAddress() throws {
        try withTwo { street, _ in
            try street.host.shell("ip route add \(Street.web[0]) via 198.51.100.1 src 10.64.1.2")
            let flow = try Datagrams(to: Street.web[0], in: street.host)
            try flow.send()
            #expect(try street.seen("tun0") == 1)
            try street.change(enter(Self.second, after: Self.first))
            try street.host.run {
                var routes = try RouteSocket()
                let other = try routes.link(named: "tun1")?.index
                try routes.setNode(Self.first, link: other, families: [.v4])
            }
            for _ in 0..<3 { try? flow.send() }
            #expect(try street.seen("tun1") == 0 && street.seen("eth0") == 0)
            // Where both tunnels give the machine the same address it goes on.
            try street.host.shell("ip addr add 10.64.1.2/32 dev tun1")
            try street.change([.init(.add, .tunnelSource("tun1", IPAddress("10.64.1.2")!))])
            for _ in 0..<3 { try? flow.send() }
            #expect(try street.seen("tun1") > 0)
            #expect(try street.seen("eth0") == 0)
        }
    }

    /// The next packet of a connection is answered at once, here and behind us.
    @Test(arguments: ["host", "client"], [0, 2]) func aDeadNodesConnectionIsReset(_ from: String, _ web: Int) throws {
        try withTwo { street, _ in
            let room = from == "host" ? street.host : street.client
            let listener = try street.relay.run { try Line(listeningAt: 4001) }
            let call = try room.run { try Line(to: Street.web[web], 4001) }
            let answer = try Line(of: listener)
            call.send()
            usleep(20_000)
            #expect(call.end == 0 && answer.end == -1)
            let before = try (street.seen("tun0"), street.seen("tun1"), street.seen("eth0"))
            try street.change([IPAddress.Family.v4, .v6].flatMap { SetElement.flows(of: Self.first, $0) }.map { .init(.remove, $0) })
            try street.change(
                [IPAddress.Family.v4, .v6].flatMap { SetElement.flows(of: Self.first, $0, goOn: false) }.map { .init(.add, $0) })
            call.send()
            usleep(20_000)
            #expect(call.end == ECONNRESET)
            #expect(try street.seen("tun0") == before.0 && street.seen("tun1") == before.1 && street.seen("eth0") == before.2)
        }
    }

    @Test func aNodesDeviceThatIsGoneLetsNothingGoElsewhere() throws {
        try withTwo { street, _ in
            try street.host.shell("ip link del tun0")
            let before = try (street.seen("tun1"), street.seen("eth0"))
            for room in [street.host, street.client] {
                #expect(try room.call(Street.web[0]).greeting == "")
                #expect(try room.call(Street.web[2]).greeting == "")
            }
            #expect(try street.seen("tun1") == before.0 && street.seen("eth0") == before.1)
        }
    }

    @Test func withoutRulesANodesMarkLeavesByNoOtherLink() throws {
        try withTwo(by: nil) { street, _ in
            try street.host.run {
                var routes = try RouteSocket()
                try routes.removeRules()
            }
            for _ in 0..<20 { _ = try street.host.call(Street.web[0], 4000, datagram: true) }
            _ = try street.client.call(Street.web[2], 4000, datagram: true)
            #expect(try street.seen("eth0") == 0)
        }
    }

    @Test func aNodeWithoutSixGetsNone() throws {
        try withTwo(by: Self.second) { street, _ in
            try street.change([.init(.remove, .tunnelEnter(.v6, .node(Self.second)))])
            for room in [street.host, street.client] {
                #expect(try room.call(Street.web[0]).greeting == "second 10.64.2.2")
                #expect(try room.call(Street.web[2]).errno == ECONNREFUSED)
            }
            // And where an element says so by mistake, its flows may not go on in this family.
            try street.change([.init(.add, .tunnelEnter(.v6, .node(Self.second)))])
            #expect(try street.host.call(Street.web[2]).errno == ECONNREFUSED)
            #expect(try street.seen("eth0") == 0)
        }
    }

    @Test(arguments: ["host", "client"], [0, 1]) func aFlowStaysOnItsNode(_ from: String, _ filter: Int) throws {
        try withTwo(filter: filter) { street, _ in
            let room = from == "host" ? street.host : street.client
            let flow = try Datagrams(to: Street.web[0], in: room)
            try flow.send()
            try street.change(enter(Self.second, after: Self.first))
            #expect(try room.call(Street.web[0]).greeting == "second 10.64.2.2")
            let before = try (street.seen("tun0"), street.seen("tun1"))
            for _ in 0..<3 { try flow.send() }
            #expect(try street.seen("tun0") == before.0 + 3)
            #expect(try street.seen("tun1") == before.1)
            #expect(try room.call(Street.web[0]).greeting == "second 10.64.2.2")
        }
    }

    @Test func flowsAreSpreadByTheirPlaces() throws {
        try withTwo(by: nil) { street, _ in
            var greetings: [String: Int] = [:]
            for _ in 0..<300 { greetings[try street.host.call(Street.web[0]).greeting, default: 0] += 1 }
            #expect(Set(greetings.keys) == ["relay 10.64.1.2", "second 10.64.2.2"])
            // A third of the places; five standard deviations.
            #expect((59...141).contains(greetings["second 10.64.2.2"] ?? 0), "\(greetings)")
            for _ in 0..<30 { #expect(try street.host.call(Street.web[2]).greeting == "relay fd00:64:1::2") }
            // A place that nobody has is refused.
            let places = (0..<Node.places).map { SetElement.balance(.v4, slot: $0, $0 % 3 == 2 ? Self.second : Self.first) }
            try street.change(places.map { .init(.remove, $0) })
            #expect(try street.host.call(Street.web[0]).errno == EHOSTUNREACH)
            try street.change(places.map { .init(.add, $0) } + places.map { .init(.remove, $0) })
            try street.change((0..<Node.places).map { .init(.add, .balance(.v4, slot: $0, Self.second)) })
            for _ in 0..<30 { #expect(try street.client.call(Street.web[0]).greeting == "second 10.64.2.2") }
            #expect(try street.seen("eth0") == 0)
        }
    }

    /// A network whose rule names the second node goes by that one or not at all; a lease within it goes as leases do.
    @Test func aNetworkThatNamesItsNodeGoesByNoOther() throws {
        var plan = Self.plan
        plan.networks = [
            .init(first: IPAddress("203.0.113.16")!, last: IPAddress("203.0.113.31")!, action: .tunnel, Handling(node: 1)),
            .init(first: IPAddress("2001:db8:113::20")!, last: IPAddress("2001:db8:113::20")!, action: .tunnel, Handling(node: 1)),
        ]
        try withTwo(plan) { street, _ in
            for room in [street.host, street.client] {
                #expect(try room.call(Street.web[0]).greeting == "relay 10.64.1.2")
                #expect(try room.call(Street.web[1]).greeting == "second 10.64.2.2")
                // It carries no IPv6.
                let refused = try room.call(Street.web[3])
                #expect(refused.errno == ECONNREFUSED, "\(refused)")
            }
            let (first, eth0) = try (street.seen("tun0"), street.seen("eth0"))
            try street.change(closed(Self.second))
            #expect(try street.host.call(Street.web[1]).errno == EHOSTUNREACH)
            #expect(try street.client.call(Street.web[1]).errno == EHOSTUNREACH)
            try street.change(SetElement.flows(of: Self.second, .v4, goOn: false).map { .init(.add, $0) })
            for room in [street.host, street.client] { #expect(try room.call(Street.web[1]).errno == ECONNREFUSED) }
            #expect(try street.seen("tun0") == first && street.seen("eth0") == eth0)
            try street.change([.init(.add, .learned(.tunnel, IPAddress(Street.web[1])!))])
            #expect(try street.host.call(Street.web[1]).greeting == "relay 10.64.1.2")
        }
    }

    /// An address that a rule wants by the second node goes by that one or not at all, and by the one in use when no rule says so any more.
    @Test func anAddressThatNamesItsNodeGoesByNoOther() throws {
        var plan = Self.plan
        plan.namesTunnels = true
        let (four, six) = (IPAddress(Street.web[0])!, IPAddress(Street.web[2])!)
        try withTwo(plan) { street, _ in
            for address in [four, six] {
                try street.change(SetChange(.tunnel, address, .add(seconds: nil), Handling(node: 1)).elementChanges)
            }
            for room in [street.host, street.client] {
                #expect(try room.call(Street.web[0]).greeting == "second 10.64.2.2")
                // It carries no IPv6.
                #expect(try room.call(Street.web[2]).errno == ECONNREFUSED)
            }
            let (first, eth0) = try (street.seen("tun0"), street.seen("eth0"))
            try street.change(closed(Self.second))
            for room in [street.host, street.client] { #expect(try room.call(Street.web[0]).errno == EHOSTUNREACH) }
            try street.change(SetElement.flows(of: Self.second, .v4, goOn: false).map { .init(.add, $0) })
            for room in [street.host, street.client] { #expect(try room.call(Street.web[0]).errno == ECONNREFUSED) }
            #expect(try street.seen("tun0") == first && street.seen("eth0") == eth0)
            try street.change(SetChange(.tunnel, four, .add(seconds: nil), former: Handling(node: 1)).elementChanges)
            for room in [street.host, street.client] { #expect(try room.call(Street.web[0]).greeting == "relay 10.64.1.2") }
            #expect(try street.seen("eth0") == 0)
        }
    }

    @Test(arguments: [0, 1]) func whoCallsByANodeIsAnsweredByIt(_ filter: Int) throws {
        try withTwo(filter: filter) { street, relay in
            // These Ethernets must know each other: the reverse path filter lets no ARP in.
            #expect(try street.host.call(Street.web[0]).greeting == "relay 10.64.1.2")
            try street.change(enter(Self.second, after: Self.first))
            #expect(try street.host.call(Street.web[0]).greeting == "second 10.64.2.2")
            try relay.shell("ip route change 10.64.2.2 dev tun1 src \(Street.web[1])")
            #expect(try relay.call("10.64.2.2").greeting == "host \(Street.web[1])")
            #expect(try street.relay.call("10.64.1.2").greeting == "host 10.64.1.1")
            try street.change(closed(Self.second))
            #expect(try relay.call("10.64.2.2").errno != 0)
            #expect(try street.seen("eth0") == 0)
        }
    }

    @Test func ownSocketsAskByTheNodeTheyName() throws {
        let server = IPAddress(Street.web[1])!
        try withTwo(more: [.resolver(server, port: 53, .tunnel, by: Self.second)]) { street, _ throws in
            #expect(try street.host.call(Street.web[1], 53, mark: Self.second.mark).greeting == "second 10.64.2.2")
            for mark in [Self.first.mark, Path.tunnel.mark, Path.outside.mark] {
                #expect(try street.host.call(Street.web[1], 53, mark: mark).errno == EHOSTUNREACH)
            }
            // Nobody else's mark counts.
            #expect(try street.host.call(Street.web[1], 53, mark: Self.second.mark, user: 65534).errno == ECONNREFUSED)
        }
    }
}
