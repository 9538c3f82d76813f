// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Testing
import Wire

@testable import Kernel

/// What rules have their packets bear, seen where they leave.
@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct TrafficClassTests {
    private static let classes = [
        TrafficClass(dscp: 46, priority: PacketPriority("1:10")), TrafficClass(dscp: 8),
        TrafficClass(dscp: nil, priority: PacketPriority("6")),
    ]
    private static let (four, six) = (IPAddress(Street.web[0])!, IPAddress(Street.web[2])!)
    private static let bears = (
        voice: ["ip dscp 46 meta priority 1:10", "ip6 dscp 46 meta priority 1:10"], bulk: ["ip dscp 8", "ip6 dscp 8"],
        nothing: ["ip dscp 0 meta priority none", "ip6 dscp 0 meta priority none"]
    )

    /// Both tunnel addresses are owed to voice.
    private func withStreet(_ networks: [SteeredRange] = [], _ body: (Street) throws -> Void) throws {
        let street = try Street()
        try street.steer(RulesetPlan(networks: networks, trafficClasses: Self.classes, usedClasses: [0, 1, 2]))
        for address in [Self.four, Self.six] {
            try street.change(SetChange(.tunnel, address, .add(seconds: nil), Handling(trafficClass: 0)).elementChanges)
        }
        try body(street)
    }

    /// Calls of `body`: packets of TCP that leave by `link` meanwhile, and those of them that bear one of `matches`.
    private func seen(_ street: Street, _ link: String, _ matches: [String], _ body: () throws -> Void) throws -> (all: Int, bearing: Int) {
        try street.host.shell(
            """
            nft -f - <<'END'
            table netdev classes {
                counter every {}
                counter bearing {}
                chain out {
                    type filter hook egress device \(link) priority 0;
                    meta l4proto tcp counter name every
                    \(matches.map { "meta l4proto tcp \($0) counter name bearing" }.joined(separator: "\n        "))
                }
            }
            END
            """)
        defer { _ = try? street.host.shell("nft delete table netdev classes") }
        try body()
        func count(_ name: String) throws -> Int {
            let words = try street.host.shell("nft list counter netdev classes \(name)").split(whereSeparator: \.isWhitespace)
            return words.firstIndex(of: "packets").flatMap { Int(words[$0 + 1]) } ?? -1
        }
        return (try count("every"), try count("bearing"))
    }

    @Test(arguments: ["host", "client"], [0, 2]) func steeredPacketsBearTheirClass(_ from: String, _ web: Int) throws {
        try withStreet { street in
            let room = from == "host" ? street.host : street.client
            let there = try seen(street, "tun0", Self.bears.voice) { _ = try room.call(Street.web[web]) }
            #expect(there.all > 2 && there.bearing == there.all, "\(there)")
            guard from == "client" else { return }
            let back = try seen(street, "lan0", Self.bears.voice) { _ = try room.call(Street.web[web]) }
            #expect(back.all > 2 && back.bearing == back.all, "\(back)")
        }
    }

    @Test func whatNoRuleClassesStaysAsItIs() throws {
        try withStreet { street in
            try street.change([
                .init(.add, .learned(.tunnel, IPAddress(Street.web[1])!)), .init(.add, .learned(.tunnel, IPAddress(Street.web[3])!)),
            ])
            for web in [1, 3] {
                for room in [street.host, street.client] {
                    let plain = try seen(street, "tun0", Self.bears.nothing) { _ = try room.call(Street.web[web]) }
                    #expect(plain.all > 2 && plain.bearing == plain.all, "\(plain)")
                }
            }
        }
    }

    /// What a program has chosen itself is kept where the rule says nothing of it.
    @Test func aClassSetsOnlyWhatItNames() throws {
        try withStreet { street in
            let direct = IPAddress(Street.web[1])!
            try street.change(SetChange(.direct, direct, .add(seconds: 300), Handling(trafficClass: 2)).elementChanges)
            try street.client.shell(
                "nft -f - <<'END'\ntable ip own { chain out { type filter hook output priority 0; ip dscp set 12; }; }\nEND\n")
            let priority = try seen(street, "eth0", ["ip dscp 12 meta priority 0:6"]) { _ = try street.client.call(Street.web[1]) }
            #expect(priority.all > 2 && priority.bearing == priority.all, "\(priority)")
            try street.change(
                SetChange(.direct, direct, .add(seconds: 300), Handling(trafficClass: 1), former: Handling(trafficClass: 2)).elementChanges)
            let bulk = try seen(street, "eth0", ["ip dscp 8 meta priority none"]) { _ = try street.host.call(Street.web[1]) }
            #expect(bulk.all > 2 && bulk.bearing == bulk.all, "\(bulk)")
        }
    }

    /// One address, two routes: the class is that of the way the flow has.
    @Test func aClassIsOfOneRoute() throws {
        try withStreet { street in
            try street.change(SetChange(.direct, Self.four, .add(seconds: 300), Handling(trafficClass: 1)).elementChanges)
            let tunnel = try seen(street, "tun0", Self.bears.voice) { _ = try street.host.call(Street.web[0]) }
            #expect(tunnel.all > 2 && tunnel.bearing == tunnel.all, "\(tunnel)")
            try street.change(SetChange(.tunnel, Self.four, .remove, Handling(trafficClass: 0)).elementChanges)
            let outside = try seen(street, "eth0", Self.bears.bulk) { _ = try street.host.call(Street.web[0]) }
            #expect(outside.all > 2 && outside.bearing == outside.all, "\(outside)")
            try street.change(SetChange(.direct, Self.four, .remove, Handling(trafficClass: 1)).elementChanges)
            let plain = try seen(street, "eth0", Self.bears.nothing) { _ = try street.host.call(Street.web[0]) }
            #expect(plain.all > 2 && plain.bearing == plain.all, "\(plain)")
        }
    }

    /// A lease's class before its network's; the network's where the lease has none.
    @Test func networksHaveClassesToo() throws {
        let networks = [
            SteeredRange(first: IPAddress("203.0.113.0")!, last: IPAddress("203.0.113.255")!, action: .tunnel, Handling(trafficClass: 1))
        ]
        try withStreet(networks) { street in
            for (web, matches) in [(0, Self.bears.voice), (1, Self.bears.bulk)] {
                for room in [street.host, street.client] {
                    let there = try seen(street, "tun0", matches) { _ = try room.call(Street.web[web]) }
                    #expect(there.all > 2 && there.bearing == there.all, "\(web) \(there)")
                }
            }
            try street.change([.init(.add, .learned(.tunnel, IPAddress(Street.web[1])!))])
            let leased = try seen(street, "tun0", Self.bears.bulk) { _ = try street.host.call(Street.web[1]) }
            #expect(leased.all > 2 && leased.bearing == leased.all, "\(leased)")
        }
    }

    /// A flow that no rule has steered, as an excluded app's, has no rule's class.
    @Test func whatGoesTheDefaultWayHasNone() throws {
        try withStreet { street in
            try street.change([.init(.add, .classed(.direct, IPAddress(Street.web[1])!, trafficClass: 1))])
            for room in [street.host, street.client] {
                let plain = try seen(street, "eth0", Self.bears.nothing) { _ = try room.call(Street.web[1]) }
                #expect(plain.all > 2 && plain.bearing == plain.all, "\(plain)")
            }
        }
    }
}
