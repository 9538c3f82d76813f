// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Rules
import Steering
import Testing
import Wire

@testable import Kernel

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct GuardTests {
    static let range = SteeredRange(first: IPAddress("10.20.0.0")!, last: IPAddress("10.20.255.255")!, action: .tunnel)
    static let whole = GuardPlan(
        links: ["tun0", "wg1"],
        networks: [
            range, .init(first: IPAddress("10.30.0.0")!, last: IPAddress("10.30.0.255")!, action: .direct),
            .init(first: IPAddress("2001:db8:20::")!, last: IPAddress("2001:db8:20:ffff:ffff:ffff:ffff:ffff")!, action: .tunnel),
            .init(first: IPAddress("ffff:ff00::")!, last: IPAddress("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")!, action: .tunnel),
        ],
        foreignLookups: true, defaultTunnel: true, foreignMarks: [0xCA6C], cgnatIsPrivate: true,
        elements: [
            .learned(.tunnel, IPAddress("192.0.2.7")!), .learned(.tunnel, IPAddress("2001:db8::7")!),
            .learned(.direct, IPAddress("192.0.2.8")!),
        ])

    private static let list = "nft list table inet sluice_guard"

    /// The address in both tables, or in the one or the other.
    private func standing(_ room: Room, _ address: String) throws -> [String] {
        try ["sluice", "sluice_guard"].filter {
            try room.shell("nft get element inet \($0) tunnel4 '{ \(address) }' 2>&1 || true").contains("elements")
        }
    }

    /// Fixtures/ruleset/guard.nft: as nft lists it, less the line that names the owner.
    @Test func tableIsAsReviewed() throws {
        let room = try Room()
        try room.run {
            var writer = try SetWriter()
            try writer.raiseGuard(Self.whole)
            let text = try room.shell(Self.list)
            #expect(text.contains("flags owner"))
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("table") ? "table inet sluice_guard {" : $0 }
            let plain = lines.joined(separator: "\n")
            #expect(try plain == fixture("guard.nft", orWrite: plain))
            // A plan that asks for less.
            try writer.raiseGuard(GuardPlan(links: [], foreignLookups: false))
            let less = try room.shell(Self.list)
            for word in ["dport 53 counter", "local4 accept", "tun0", "192.0.2.7"] { #expect(!less.contains(word)) }
            #expect(less.contains("ip daddr @tunnel4 counter"))
        }
    }

    @Test func nobodyElseTakesItAwayAndItEndsWithItsOwner() throws {
        let room = try Room()
        try room.run {
            do {
                var writer = try SetWriter()
                try Nftables().load(RulesetPlan())
                try writer.raiseGuard(Self.whole)
                try room.shell("nft flush ruleset")
                #expect(try !writer.isTablePresent())
                #expect(try room.shell(Self.list).contains("192.0.2.7"))
                for command in ["delete table inet sluice_guard", "flush chain inet sluice_guard egress"] {
                    #expect(throws: KernelError.self) { try room.shell("nft \(command)") }
                }
                var other = try SetWriter()
                #expect(throws: KernelError.self) { try other.raiseGuard(Self.whole) }
                try writer.raiseGuard(Self.whole)
                try writer.lowerGuard()
                try writer.lowerGuard()
                #expect(try room.shell("nft list tables") == "")
                try other.raiseGuard(Self.whole)
                try other.raiseGuard(Self.whole)
            }
            #expect(try room.shell("nft list tables") == "")
        }
    }

    @Test func aCommitWritesBothTablesOrNone() throws {
        let room = try Room()
        try room.run {
            var writer = try SetWriter()
            try Nftables().load(RulesetPlan(learnedSize: 3))
            var plan = GuardPlan(links: ["tun0"], learnedSize: 3)
            try writer.raiseGuard(plan)
            func change(_ text: String, _ change: SetChange.Change = .add(seconds: nil)) -> SetChange {
                SetChange(.tunnel, IPAddress(text)!, change)
            }
            let both = ["sluice", "sluice_guard"]
            let direct = SetChange(.direct, IPAddress("192.0.2.99")!, .add(seconds: 60))
            #expect(try writer.commit([change("192.0.2.1"), direct, change("2001:db8::1")]) == [])
            #expect(try standing(room, "192.0.2.1") == both)
            #expect(try room.shell(Self.list).contains("2001:db8::1"))
            #expect(try !room.shell(Self.list).contains("192.0.2.99"))
            #expect(try writer.commit([change("192.0.2.1", .remove)]) == [])
            #expect(try standing(room, "192.0.2.1") == [])
            // What has got out of step comes right: one is in both, one in the first only.
            try room.shell("nft add element inet sluice tunnel4 '{ 192.0.2.2 }'")
            #expect(try writer.commit([change("192.0.2.3")]) == [])
            #expect(try writer.commit([change("192.0.2.2", .remove), change("192.0.2.3", .remove), change("192.0.2.4", .remove)]) == [])
            for address in ["192.0.2.2", "192.0.2.3"] { #expect(try standing(room, address) == []) }
            // Full in one of them: in none.
            try room.shell("nft add element inet sluice tunnel4 '{ 192.0.2.11, 192.0.2.12 }'")
            let refused = try writer.commit([change("192.0.2.13"), change("192.0.2.14")])
            #expect(refused.map(\.change) == [change("192.0.2.14")] && refused.first?.error == .full("set tunnel4"))
            #expect(try standing(room, "192.0.2.13") == both && standing(room, "192.0.2.14") == [])
            try writer.flush(.tunnel4)
            #expect(try standing(room, "192.0.2.13") == [] && standing(room, "192.0.2.11") == [])
            // The first table is gone: nothing is written.
            try room.shell("nft delete table inet sluice")
            #expect(throws: KernelError.missing("set tunnel4 of table inet sluice")) { try writer.commit([change("192.0.2.15")]) }
            #expect(try standing(room, "192.0.2.15") == [])
            try Nftables().load(RulesetPlan())
            plan.mirrors = false
            try writer.raiseGuard(plan)
            #expect(try writer.commit([change("192.0.2.16")]) == [])
            #expect(try standing(room, "192.0.2.16") == ["sluice"])
        }
    }

    /// Our table, rules and routes are all gone: what owes the tunnel goes nowhere.
    @Test func whatOwesTheTunnelStaysWhenOnlyTheGuardIsLeft() throws {
        let street = try Street()
        try street.steer()
        try street.host.run {
            var writer = try SetWriter()
            let elements = [Street.web[0], Street.web[2]].map { SetElement.learned(.tunnel, IPAddress($0)!) }
            try writer.raiseGuard(GuardPlan(links: ["tun0"], networks: [Self.range], elements: elements))
            // With both in place nothing is different.
            for room in [street.host, street.client] {
                #expect(try room.call(Street.web[0]).greeting.hasPrefix("relay"))
                #expect(try room.call(Street.web[1]).greeting.hasPrefix("inet"))
                #expect(try room.call(Street.web[2]).greeting.hasPrefix("relay"))
            }
            try street.host.shell("nft flush ruleset")
            var routes = try RouteSocket()
            try routes.removeRules()
            try routes.removeTables()
            try street.watch("eth0")
            // What is dropped here says so to a datagram's sender; TCP only waits.
            let owed: [(String, UInt16)] =
                [Street.web[0], Street.web[2], "10.20.0.1"].map { ($0, 4000) } + [(Street.web[1], 53), (Street.web[3], 853)]
            for (address, port) in owed {
                #expect(try street.host.call(address, port, datagram: true).errno == EPERM, "\(address) \(port)")
                _ = try street.client.call(address, port, datagram: true)
            }
            #expect(try street.host.call(Street.web[0]).greeting == "")
            #expect(try street.client.call(Street.web[1], 53).greeting == "")
            #expect(try street.seen("eth0") == 0)
            for room in [street.host, street.client] {
                #expect(try room.call(Street.web[1]).greeting.hasPrefix("inet"))
                #expect(try room.call(Street.web[3]).greeting.hasPrefix("inet"))
            }
            // Sluice's own packets outside, a WireGuard device's, and nobody else's mark.
            #expect(try street.host.call(Street.web[1], 53, mark: 0x0200_0000).greeting.hasPrefix("inet"))
            #expect(try street.host.call(Street.web[0], mark: 0x0300_0000).greeting.hasPrefix("inet"))
            for mark in [0x0100_0000, 0xCA6C] as [UInt32] {
                #expect(try street.host.call(Street.web[0], 4000, mark: mark, datagram: true).errno == EPERM)
            }
            // Who calls is answered, also from an address of the tunnel.
            #expect(try street.inet.call("198.51.100.2").greeting.hasPrefix("host"))
            try street.inet.shell("ip route add 198.51.100.2 dev eth0 src \(Street.web[0])")
            #expect(try street.inet.call("198.51.100.2").greeting == "host \(Street.web[0])")
            try writer.raiseGuard(GuardPlan(links: ["tun0"], foreignMarks: [0xCA6C], elements: elements))
            #expect(try street.host.call(Street.web[0], mark: 0xCA6C).greeting.hasPrefix("inet"))
            #expect(try street.host.call(Street.web[0], 4000, mark: 0xCA6D, datagram: true).errno == EPERM)
        }
    }

    @Test func underATunnelDefaultOnlyLocalNetworksAreReached() throws {
        let street = try Street()
        try street.host.run {
            var writer = try SetWriter()
            try writer.raiseGuard(GuardPlan(links: ["tun0"], foreignLookups: false, defaultTunnel: true))
            try street.watch("eth0")
            for address in Street.web {
                #expect(try street.host.call(address, 4000, datagram: true).errno == EPERM)
                _ = try street.client.call(address, 4000, datagram: true)
            }
            #expect(try street.seen("eth0") == 0)
            #expect(try street.host.call("192.168.77.2").greeting.hasPrefix("client"))
            #expect(try street.host.call("fd00:77::2").greeting.hasPrefix("client"))
            #expect(try street.inet.call("198.51.100.2").greeting.hasPrefix("host"))
            #expect(try street.host.call(Street.web[1], mark: 0x0200_0000).greeting.hasPrefix("inet"))
        }
    }

    /// Alternating, one address a commit.
    @Test func theSecondTableCostsACommitLittle() throws {
        try Room().run {
            try Nftables().load(RulesetPlan())
            var writer = try SetWriter()
            var times: [[Double]] = [[], []]
            for round in 0..<16 {
                if round % 2 == 0 { try writer.lowerGuard() } else { try writer.raiseGuard(GuardPlan(links: ["tun0"])) }
                for number in 0..<500 {
                    let change = [SetChange(.tunnel, .v4(0xC000_0000 + UInt32(number)), .add(seconds: nil))]
                    let start = nanoseconds()
                    _ = try writer.commit(change)
                    times[round % 2].append(Double(nanoseconds() - start) / 1000)
                }
                try writer.flush(.tunnel4)
            }
            let medians = times.map { $0.sorted()[$0.count / 2] }
            let start = nanoseconds()
            let many = (0..<65536).map { SetElement.learned(.tunnel, .v6(high: 0x2001_0DB8_0000_0000, low: UInt64($0))) }
            try writer.raiseGuard(GuardPlan(links: ["tun0"], elements: many))
            print(
                "a commit alone \(medians[0]) µs, to both \(medians[1]) µs; a guard of 65,536 addresses",
                "\(Double(nanoseconds() - start) / 1e6) ms")
            #expect(medians[1] < medians[0] * 3)
        }
    }
}
