// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Rules
import Steering
import Testing
import Wire

@testable import Kernel

let isRoot = geteuid() == 0

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct PacketTests {
    @Test(arguments: [0, 1, 2]) func ownTrafficTakesItsPathWhateverTheReversePathFilter(_ filter: Int) throws {
        let street = try Street(reversePathFilter: filter)
        try street.steer()
        #expect(try street.host.call(Street.web[0]).greeting == "relay 10.64.1.2")
        #expect(try street.host.call(Street.web[1]).greeting == "inet 198.51.100.2")
        #expect(try street.host.call(Street.web[2]).greeting == "relay fd00:64:1::2")
        #expect(try street.host.call(Street.web[3]).greeting == "inet 2001:db8:100::2")
    }

    @Test(arguments: [0, 1, 2]) func forwardedTrafficTakesItsPathWhateverTheReversePathFilter(_ filter: Int) throws {
        let street = try Street(reversePathFilter: filter)
        try street.steer()
        #expect(try street.client.call(Street.web[0]).greeting == "relay 10.64.1.2")
        #expect(try street.client.call(Street.web[1]).greeting == "inet 192.168.77.2")
        #expect(try street.client.call(Street.web[2]).greeting == "relay fd00:64:1::2")
        #expect(try street.client.call(Street.web[3]).greeting == "inet fd00:77::2")
    }

    @Test func closedPathRefusesAtOnce() throws {
        let street = try Street()
        try street.watch("eth0")
        try street.steer(open: [])
        let before = try street.seen("eth0")
        for room in [street.host, street.client] {
            for address in [Street.web[0], Street.web[2]] {
                let result = try room.call(address)
                #expect(result.errno == (address == Street.web[0] ? EHOSTUNREACH : ECONNREFUSED), "\(address): \(result)")
                #expect(result.milliseconds < 20, "\(address): \(result)")
            }
        }
        for address in [Street.web[0], Street.web[2]] {
            let datagram = try street.host.call(address, 4000, datagram: true)
            #expect(datagram.errno == EPERM && datagram.milliseconds < 20, "\(address): \(datagram)")
            // Of IPv4 a blocking connect() is told by the answer to its second SYN; see `RulesetPlan.refuse`.
            let blocking = try street.host.call(address, blocking: true)
            #expect([EHOSTUNREACH, ECONNREFUSED].contains(blocking.errno) && blocking.milliseconds < 1500, "\(address): \(blocking)")
        }
        #expect(try street.seen("eth0") == before)
    }

    @Test func withoutItsDeviceNothingLeavesElsewhere() throws {
        let street = try Street()
        try street.watch("eth0")
        try street.steer()
        #expect(try street.host.call(Street.web[0]).greeting == "relay 10.64.1.2")
        let before = try street.seen("eth0")
        try street.host.shell("ip link del tun0")
        for room in [street.host, street.client] {
            for address in [Street.web[0], Street.web[2]] {
                #expect(try room.call(address).errno != 0)
                _ = try room.call(address, 4000, datagram: true)
            }
        }
        #expect(try street.seen("eth0") == before)
        #expect(try street.host.call(Street.web[1]).greeting == "inet 198.51.100.2")
    }

    @Test func egressHoldsWhenTheRulesAreGone() throws {
        let street = try Street()
        try street.watch("eth0")
        try street.steer()
        try street.host.run {
            var routes = try RouteSocket()
            try routes.removeRules()
        }
        let before = try street.seen("eth0")
        for room in [street.host, street.client] {
            #expect(try room.call(Street.web[0]).errno != 0)
            #expect(try room.call(Street.web[2]).errno != 0)
        }
        #expect(try street.seen("eth0") == before)
    }

    @Test func whoCallsFromASteeredAddressIsAnswered() throws {
        let street = try Street()
        try street.steer(more: [
            .learned(.tunnel, IPAddress("192.168.77.2")!), .learned(.tunnel, IPAddress("fd00:77::2")!),
            .learned(.tunnel, IPAddress("198.51.100.1")!),
        ])
        #expect(try street.client.call("192.168.77.1").greeting == "host 192.168.77.2")
        #expect(try street.client.call("fd00:77::1").greeting == "host fd00:77::2")
        #expect(try street.inet.call("198.51.100.2").greeting == "host 198.51.100.1")
        // And who calls through the tunnel is answered through it.
        try street.relay.shell("ip addr del \(Street.web[1])/32 dev tun0; ip addr add \(Street.web[1])/32 dev lo")
        try street.relay.shell("ip route change 10.64.1.2 dev tun0 src \(Street.web[1])")
        #expect(try street.relay.call("10.64.1.2").greeting == "host \(Street.web[1])")
        #expect(try street.relay.call("fd00:64:1::2").errno == 0)
    }

    @Test func hostWithoutSixUsesTheTunnelsSixForRulesOnly() throws {
        let street = try Street(outsideV6: false)
        try street.steer()
        #expect(try street.host.call(Street.web[2]).greeting == "relay fd00:64:1::2")
        #expect(try street.client.call(Street.web[2]).greeting == "relay fd00:64:1::2")
        let unmatched = try street.host.call(Street.web[3])
        #expect(unmatched.errno == ECONNREFUSED && unmatched.milliseconds < 20, "\(unmatched)")
        #expect(try street.client.call(Street.web[3]).errno != 0)
        #expect(try street.host.call(Street.web[1]).greeting == "inet 198.51.100.2")
    }

    @Test func everythingElseInTheTunnelIfThatIsTheDefault() throws {
        let street = try Street()
        let plan = RulesetPlan(routingDefault: .tunnel)
        try street.steer(plan, more: [.learned(.direct, IPAddress(Street.web[1])!, seconds: 60)])
        #expect(try street.host.call(Street.web[0]).greeting == "relay 10.64.1.2")
        #expect(try street.host.call(Street.web[1]).greeting == "inet 198.51.100.2")
        #expect(try street.host.call(Street.web[3]).greeting == "relay fd00:64:1::2")
        #expect(try street.client.call(Street.web[3]).greeting == "relay fd00:64:1::2")
        #expect(try street.client.call(Street.web[1]).greeting == "inet 192.168.77.2")
        #expect(try street.host.call("192.168.77.2").greeting == "client 192.168.77.1")
        // An administrator calls from outside.
        #expect(try street.inet.call("198.51.100.2").greeting == "host 198.51.100.1")
        let closing = [IPAddress.Family.v4, .v6].flatMap(Street.open).map { ElementChange(.remove, $0) }
        try street.change(closing)
        #expect(try street.host.call(Street.web[3]).errno == ECONNREFUSED)
        #expect(try street.inet.call("198.51.100.2").greeting == "host 198.51.100.1")
        try street.change([IPAddress.Family.v4, .v6].map { ElementChange(.add, .tunnelUnwanted($0)) })
        #expect(try street.host.call(Street.web[3]).greeting == "inet 2001:db8:100::2")
        #expect(try street.client.call(Street.web[3]).greeting == "inet fd00:77::2")
        #expect(try street.host.call(Street.web[0]).errno == EHOSTUNREACH)
        try street.steer(
            .init(routingDefault: .tunnel, lanSharing: false, tunnelRulesWhenDisconnectedSystem: true), open: [],
            more: [.tunnelUnwanted(.v4), .tunnelUnwanted(.v6)])
        #expect(try street.host.call(Street.web[0]).greeting == "inet 198.51.100.2")
        #expect(try street.host.call("192.168.77.2").errno == EHOSTUNREACH)
        #expect(try street.client.call("192.168.77.1").greeting == "host 192.168.77.2")
    }

    /// wg-quick's own routing: everything without its mark goes into its device.
    @Test func somebodyElsesDefaultRouteIntoTheTunnelTakesNothingOfOurs() throws {
        let street = try Street()
        try street.host.shell(
            """
            for f in -4 -6; do
                ip $f route add default dev tun0 table 51820
                ip $f rule add not fwmark 51820 table 51820
                ip $f rule add table main suppress_prefixlength 0
            done
            """)
        try street.steer()
        for (room, four, six) in [(street.host, "198.51.100.2", "2001:db8:100::2"), (street.client, "192.168.77.2", "fd00:77::2")] {
            #expect(try room.call(Street.web[0]).greeting == "relay 10.64.1.2")
            #expect(try room.call(Street.web[1]).greeting == "inet \(four)")
            #expect(try room.call(Street.web[2]).greeting == "relay fd00:64:1::2")
            #expect(try room.call(Street.web[3]).greeting == "inet \(six)")
        }
        #expect(try street.inet.call("198.51.100.2").greeting == "host 198.51.100.1")
    }

    /// As Tailscale and others do it: a table of their own, looked up after ours and before main.
    @Test func otherPolicyRoutingIsLeftAlone() throws {
        let street = try Street()
        try street.client.shell("ip addr add 203.0.113.77/32 dev lo")
        try street.host.shell("ip route add 203.0.113.77 via 192.168.77.2 table 52; ip rule add pref 5270 lookup 52")
        try street.steer()
        #expect(try street.host.call("203.0.113.77").greeting == "client 192.168.77.1")
    }

    @Test func onlyOurMarkedSocketsAskServersWeMayAsk() throws {
        let street = try Street()
        try street.steer(more: [
            .resolver(IPAddress(Street.web[1])!, port: 53, .outside), .resolver(IPAddress(Street.web[0])!, port: 53, .tunnel),
            .resolver(IPAddress(Street.web[2])!, port: 53, .tunnel),
        ])
        let (tunnel, outside) = (Path.tunnel.mark, Path.outside.mark)
        #expect(try street.host.call(Street.web[1], 53, mark: outside).greeting == "inet 198.51.100.2")
        #expect(try street.host.call(Street.web[0], 53, mark: tunnel).greeting == "relay 10.64.1.2")
        #expect(try street.host.call(Street.web[2], 53, mark: tunnel).greeting == "relay fd00:64:1::2")
        for (address, mark) in [(Street.web[1], tunnel), (Street.web[0], outside), (Street.web[3], outside)] {
            let result = try street.host.call(address, 53, mark: mark)
            #expect([EHOSTUNREACH, EACCES].contains(result.errno), "\(address): \(result)")
        }
        for room in [street.host, street.client] {
            for address in Street.web {
                let stream = try room.call(address, 53)
                #expect(stream.errno == ECONNREFUSED && stream.milliseconds < 20, "\(address): \(stream)")
            }
        }
        try street.steer(.init(foreign: .allow))
        #expect(try street.host.call(Street.web[1], 53).greeting == "inet 198.51.100.2")
        #expect(try street.client.call(Street.web[0], 53).greeting == "relay 10.64.1.2")
    }

    @Test func networksOfRulesDecideByTheirRanges() throws {
        let street = try Street()
        func range(_ first: String, _ last: String, _ action: Action) -> SteeredRange {
            .init(first: IPAddress(first)!, last: IPAddress(last)!, action: action)
        }
        try street.steer(
            .init(networks: [
                range("203.0.113.16", "203.0.113.31", .tunnel), range("2001:db8:113::20", "2001:db8:113::20", .block),
                range("192.168.77.0", "192.168.77.255", .lan), range("198.51.100.0", "198.51.100.255", .lan),
            ]))
        #expect(try street.host.call(Street.web[1]).greeting == "relay 10.64.1.2")
        #expect(try street.host.call(Street.web[3]).errno != 0)
        #expect(try street.host.call("192.168.77.2").greeting == "client 192.168.77.1")
        #expect(try street.host.call("198.51.100.1").errno == EHOSTUNREACH)
    }

    @Test func nobodyOutsideReachesTheTunnelsAddress() throws {
        let street = try Street()
        try street.inet.shell("ip route add 10.64.1.2 via 198.51.100.2; ip -6 route add fd00:64:1::2 via 2001:db8:100::2")
        #expect(try street.inet.call("10.64.1.2").greeting == "host 198.51.100.1")
        try street.steer()
        #expect(try street.inet.call("10.64.1.2").errno == ETIMEDOUT)
        #expect(try street.inet.call("fd00:64:1::2").errno == ETIMEDOUT)
        #expect(try street.host.call("10.64.1.2").greeting == "host 10.64.1.2")
    }

    @Test(arguments: [(0, "host"), (2, "host"), (0, "client"), (2, "client")])
    func flowKeepsThePathItBeganOnUnlessItsAddressBecomesATunnels(_ index: Int, _ from: String) throws {
        let street = try Street()
        try street.watch("eth0")
        try street.watch("tun0")
        try street.steer()
        let room = from == "host" ? street.host : street.client
        let steered = IPAddress(Street.web[index])!
        let other = IPAddress(Street.web[index + 1])!
        let inside = try Datagrams(to: "\(steered)", in: room)
        let outside = try Datagrams(to: "\(other)", in: room)
        try inside.send()
        try outside.send()
        let before = (try street.seen("tun0"), try street.seen("eth0"))
        try outside.send()
        #expect(try street.seen("eth0") == before.1 + 1)
        try street.change([.init(.remove, .learned(.tunnel, steered)), .init(.add, .learned(.tunnel, other))])
        for _ in 0..<3 { try inside.send() }
        #expect(try street.seen("tun0") == before.0 + 3)
        #expect(try street.seen("eth0") == before.1 + 1)
        // The other's flow is forbidden outside now, and its source is none for the tunnel.
        for _ in 0..<3 { try? outside.send() }
        #expect(try street.seen("tun0") == before.0 + 3)
        #expect(try street.seen("eth0") == before.1 + 1)
        // What begins now goes as the sets say now.
        #expect(try room.call("\(steered)").greeting.hasPrefix("inet"))
        #expect(try room.call("\(other)").greeting.hasPrefix("relay"))
    }

    @Test(arguments: [0, 2])
    func flowsOfADisconnectedTimeEndWhenATunnelIsWanted(_ index: Int) throws {
        let street = try Street()
        try street.watch("eth0")
        try street.watch("tun0")
        let unwanted: [SetElement] = [.tunnelUnwanted(.v4), .tunnelUnwanted(.v6)]
        try street.steer(RulesetPlan(routingDefault: .tunnel), open: [], more: unwanted)
        let here = try Datagrams(to: Street.web[index + 1], in: street.host)
        let behind = try Datagrams(to: Street.web[index + 1], in: street.client)
        try here.send()
        try behind.send()
        let before = try street.seen("eth0")
        try here.send()
        try behind.send()
        #expect(try street.seen("eth0") == before + 2)
        // Connecting: nothing is open yet.
        try street.change(unwanted.map { .init(.remove, $0) })
        for _ in 0..<2 { try? here.send(); try? behind.send() }
        #expect(try street.seen("eth0") == before + 2)
        try street.change([IPAddress.Family.v4, .v6].flatMap(Street.open).map { .init(.add, $0) })
        for _ in 0..<2 { try? here.send(); try? behind.send() }
        #expect(try street.seen("eth0") == before + 2)
        #expect(try street.seen("tun0") == 0)
        #expect(try street.host.call(Street.web[index + 1]).greeting.hasPrefix("relay"))
        #expect(try street.client.call(Street.web[index + 1]).greeting.hasPrefix("relay"))
    }

    @Test func markedSocketsGoOnlyWhereTheyMay() throws {
        let street = try Street()
        try street.steer(more: [.resolver(IPAddress(Street.web[1])!, port: 53, .outside)])
        let mark = Path.outside.mark
        #expect(try street.host.call(Street.web[1], 53, mark: mark).greeting == "inet 198.51.100.2")
        #expect(try street.host.call(Street.web[1], 53, mark: mark, user: 65534).errno == ECONNREFUSED)
        #expect(try street.host.call(Street.web[0], 53, mark: mark).errno != 0)
        #expect(try street.host.call(Street.web[0], mark: mark).errno != 0)
        // Others' marks are not believed, unless the whole mark is a foreign WireGuard device's.
        #expect(try street.host.call(Street.web[0], mark: mark, user: 65534).greeting == "relay 10.64.1.2")
        try street.change([.init(.add, .foreignMark(mark | 7))])
        #expect(try street.host.call(Street.web[0], mark: mark | 7, user: 65534).greeting == "inet 198.51.100.2")
    }
}
