// SPDX-License-Identifier: MIT
import Rules
import Steering
import Testing
import Wire
import Workbench

@Suite struct SteeredRangeTests {
    private typealias Assigned = (network: Network, action: Action)

    private func flat(_ networks: [(String, Action)]) -> [String] {
        SteeredRange.flatten(networks.compactMap { text, action in Network(text).map { ($0, action) } })
            .map { "\($0.first)-\($0.last) \($0.action.rawValue)" }
    }

    @Test func aNetworkInANetworkCutsIt() {
        #expect(
            flat([("10.0.0.0/8", .tunnel), ("10.20.0.0/16", .direct)]) == [
                "10.0.0.0-10.19.255.255 tunnel", "10.20.0.0-10.20.255.255 direct", "10.21.0.0-10.255.255.255 tunnel",
            ])
        #expect(
            flat([("10.0.0.0/9", .tunnel), ("10.0.0.0/8", .lan)]) == ["10.0.0.0-10.127.255.255 tunnel", "10.128.0.0-10.255.255.255 lan"])
        #expect(
            flat([("10.128.0.0/9", .tunnel), ("10.0.0.0/8", .lan)]) == ["10.0.0.0-10.127.255.255 lan", "10.128.0.0-10.255.255.255 tunnel"])
    }

    @Test func theOrderOfTheRulesDoesNotMatter() {
        let networks: [(String, Action)] = [
            ("10.0.0.0/8", .tunnel), ("10.1.0.0/16", .direct), ("10.1.1.0/24", .block), ("10.1.1.1/32", .lan),
        ]
        #expect(flat(networks) == flat(networks.reversed()))
        #expect(flat(networks).count == 7)
    }

    @Test func neighboursOfOneActionAreOneRange() {
        #expect(flat([("10.0.0.0/25", .tunnel), ("10.0.0.128/25", .tunnel)]) == ["10.0.0.0-10.0.0.255 tunnel"])
        #expect(flat([("10.0.0.0/8", .tunnel), ("10.1.0.0/16", .tunnel)]) == ["10.0.0.0-10.255.255.255 tunnel"])
        #expect(flat([("255.255.255.255/32", .tunnel), ("::/128", .tunnel)]).count == 2, "families are apart")
    }

    @Test func neighboursOfTwoTunnelsAreTwoRanges() {
        let one = Handling(node: 1)
        let networks: [(network: Network, action: Action, handling: Handling)] = [
            (Network("10.0.0.0/8")!, .tunnel, .usual), (Network("10.1.0.0/16")!, .tunnel, one), (Network("10.2.0.0/16")!, .tunnel, one),
        ]
        #expect(
            SteeredRange.flatten(networks).map { "\($0.first) \($0.handling.node ?? -1)" } == ["10.0.0.0 -1", "10.1.0.0 1", "10.3.0.0 -1"])
    }

    @Test func nothingHappensPastTheEndsOfTheAddressSpace() {
        #expect(flat([]) == [])
        #expect(flat([("0.0.0.0/0", .tunnel)]) == ["0.0.0.0-255.255.255.255 tunnel"])
        #expect(flat([("::/0", .tunnel)]) == ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff tunnel"])
        #expect(
            flat([("0.0.0.0/32", .tunnel), ("255.255.255.255/32", .direct)]) == [
                "0.0.0.0-0.0.0.0 tunnel", "255.255.255.255-255.255.255.255 direct",
            ])
        let last = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        #expect(
            flat([("ffff::/16", .tunnel), ("\(last)/128", .direct), ("::/128", .lan)]) == [
                "::-:: lan", "ffff::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe tunnel", "\(last)-\(last) direct",
            ])
        #expect(flat([("::/0", .tunnel), ("\(last)/128", .direct), ("::/128", .lan)]).count == 3)
        // Blocks that end together at the last address.
        #expect(
            flat([("::/0", .tunnel), ("8000::/1", .direct), ("ff00::/8", .tunnel), ("\(last)/127", .lan), ("\(last)/128", .block)]).count
                == 5)
    }

    /// The longest network that fits, by looking at each.
    private func naive(_ networks: [Assigned], _ address: IPAddress) -> Action? {
        networks.filter { $0.network.contains(address) }.max { $0.network.length < $1.network.length }?.action
    }

    @Test(arguments: [
        "198.51.100.0", "0.0.0.0", "255.255.255.0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00", "2001:db8::ffff:ffff:ffff:0",
    ])
    func theRangesAgreeWithTheLongestPrefixAndNeverOverlap(_ start: String) throws {
        var random = SeededRandom(seed: 1519)
        let bytes = IPAddress.of(start).bytes
        func address(_ low: UInt8) throws -> IPAddress { try #require(IPAddress(bytes: bytes.dropLast() + [bytes[bytes.count - 1] + low])) }
        for _ in 0..<40 {
            var seen: Set<Network> = []
            let networks = try (0..<Int.random(in: 0...25, using: &random)).compactMap { _ -> Assigned? in
                let inside = try address(UInt8.random(in: 0...255, using: &random))
                let network = try #require(Network(inside, length: inside.width - Int.random(in: 0...8, using: &random)))
                guard seen.insert(network).inserted else { return nil }
                return (network, Action.allCases.randomElement(using: &random) ?? .lan)
            }
            let ranges = SteeredRange.flatten(networks)
            for low in UInt8.min...UInt8.max {
                let address = try address(low)
                let fitting = ranges.filter {
                    $0.first.bytes.lexicographicallyAtMost(address.bytes) && address.bytes.lexicographicallyAtMost($0.last.bytes)
                }
                if fitting.count > 1 { Issue.record("\(address) in \(fitting)") }
                if fitting.first?.action != naive(networks, address) { Issue.record("\(address) of \(networks)") }
            }
            for (range, next) in zip(ranges, ranges.dropFirst()) {
                #expect(!next.first.bytes.lexicographicallyAtMost(range.last.bytes))
            }
        }
    }
}

extension [UInt8] {
    fileprivate func lexicographicallyAtMost(_ other: [UInt8]) -> Bool { !other.lexicographicallyPrecedes(self) }
}
