// SPDX-License-Identifier: MIT
import Testing
import Wire

@testable import LeakTest

@Suite struct RunTokenTests {
    static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

    static func marks(_ token: RunToken, _ bytes: some Sequence<UInt8>) -> [Int?] { token.marks(in: Array(bytes).span) }

    @Test func everyNumberIsReadBackInEitherCase() throws {
        let token = try #require(RunToken(random: Self.random(RunToken.randomLength)))
        for number in [0, 1, 31, 32, 1023, 1024, RunToken.capacity - 1] {
            let label = try #require(token.label(number))
            #expect(label.utf8.count == RunToken.labelLength)
            for text in [label, label.uppercased(), String(label.prefix(5)) + label.dropFirst(5).uppercased()] {
                #expect(Self.marks(token, Array(text.utf8)) == [number])
            }
        }
        #expect(token.label(RunToken.capacity) == nil && token.label(-1) == nil)
    }

    /// Against the plain way: compare at every place.
    @Test func searchAgreesWithTheNaiveOneOnRandomBytes() throws {
        for _ in 0..<500 {
            // Few different bytes, so that near misses are common.
            let token = try #require(RunToken(random: (0..<RunToken.randomLength).map { _ in UInt8.random(in: 0...1) }))
            let prefix = try Array(#require(token.label(0)).utf8.prefix(RunToken.prefixLength))
            var packet = (0..<200).map { _ in UInt8.random(in: 97...98) }
            for _ in 0..<3 {
                let place = Int.random(in: 0..<187)
                packet.replaceSubrange(place..<(place + 13), with: try Array(#require(token.label(.random(in: 0..<32768))).utf8))
            }
            var places = 0
            var start = 0
            while start + prefix.count <= packet.count {
                if Array(packet[start..<(start + prefix.count)]) == prefix {
                    places += 1
                    start += prefix.count
                } else {
                    start += 1
                }
            }
            #expect(Self.marks(token, packet).count == places)
        }
    }

    @Test func aPrefixWithoutANumberIsStillOurs() throws {
        let token = try #require(RunToken(random: Self.random(RunToken.randomLength)))
        let label = try Array(#require(token.label(5)).utf8)
        #expect(Self.marks(token, label.dropLast()) == [nil])
        #expect(Self.marks(token, label.dropLast() + [0x21]) == [nil])
        #expect(Self.marks(token, label.prefix(9)) == [])
        #expect(Self.marks(token, []) == [])
    }

    @Test func anotherRunsNamesAreNotOurs() throws {
        let (one, other) = (
            try #require(RunToken(random: Self.random(RunToken.randomLength))),
            try #require(RunToken(random: Self.random(RunToken.randomLength)))
        )
        #expect(Self.marks(one, try Array(#require(other.label(1)).utf8)) == [])
        #expect(RunToken(random: Self.random(RunToken.randomLength - 1)) == nil)
    }
}

/// Reverse names have no room for a label: the address is the mark.
@Suite struct ReverseTokenTests {
    static func prefix(_ text: String) -> Wire.Network { Wire.Network(text)! }

    @Test func everyNumberIsReadBackFromAReverseName() throws {
        let token = try #require(RunToken(random: RunTokenTests.random(RunToken.randomLength)))
        let network = Self.prefix("fdaa:1::/48")
        for number in [0, 1, 15, 16, 4095, 4096, RunToken.capacity - 1] {
            let name = try #require(token.reverseName(number, in: network))
            #expect(name.hasSuffix(".0.0.0.0.1.0.0.0.a.a.d.f.ip6.arpa"))
            let query = try #require(DNSMessage.query(name: name, type: .ptr, id: 1))
            #expect(RunTokenTests.marks(token, query) == [number])
            #expect(RunTokenTests.marks(token, query.map { (97...122).contains($0) ? $0 & ~0x20 : $0 }) == [number])
        }
        #expect(token.reverseName(RunToken.capacity, in: network) == nil)
    }

    @Test func theAddressIsInItsNetworkAndNoOther() throws {
        let token = try #require(RunToken(random: RunTokenTests.random(RunToken.randomLength)))
        let network = Self.prefix("2001:db8:d1::/48")
        let name = try #require(token.reverseName(0x1234, in: network))
        let nibbles = name.split(separator: ".").dropLast(2).reversed().joined()
        #expect(nibbles.count == 32)
        let groups = stride(from: 0, to: 32, by: 4).map { String(nibbles.dropFirst($0).prefix(4)) }
        #expect(network.contains(try #require(IPAddress(groups.joined(separator: ":")))))
        #expect(groups[7] == "1234")
        for text in ["10.20.0.0/16", "2001:db8::/65"] {
            #expect(token.reverseName(1, in: Self.prefix(text)) == nil, "no room in \(text)")
        }
    }

    @Test func aRandomPartWithoutANumberIsStillOurs() throws {
        let token = try #require(RunToken(random: RunTokenTests.random(RunToken.randomLength)))
        let name = try #require(token.reverseName(5, in: Self.prefix("fdaa:1::/48")))
        let query = try #require(DNSMessage.query(name: name, type: .ptr, id: 1))
        // Header, then four labels of the number.
        #expect(RunTokenTests.marks(token, query.dropFirst(12 + 2)) == [nil])
        let other = try #require(RunToken(random: RunTokenTests.random(RunToken.randomLength)))
        #expect(RunTokenTests.marks(other, query) == [])
    }
}
