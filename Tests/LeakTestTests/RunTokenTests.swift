// SPDX-License-Identifier: MIT
import Testing

@testable import LeakTest

@Suite struct RunTokenTests {
    static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

    static func marks(_ token: RunToken, _ bytes: some Sequence<UInt8>) -> [Int?] { token.marks(in: Array(bytes).span) }

    @Test func everyNumberIsReadBackInEitherCase() throws {
        let token = try #require(RunToken(random: Self.random(10)))
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
            let token = try #require(RunToken(random: (0..<10).map { _ in UInt8.random(in: 0...1) }))
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
        let token = try #require(RunToken(random: Self.random(10)))
        let label = try Array(#require(token.label(5)).utf8)
        #expect(Self.marks(token, label.dropLast()) == [nil])
        #expect(Self.marks(token, label.dropLast() + [0x21]) == [nil])
        #expect(Self.marks(token, label.prefix(9)) == [])
        #expect(Self.marks(token, []) == [])
    }

    @Test func anotherRunsNamesAreNotOurs() throws {
        let (one, other) = (try #require(RunToken(random: Self.random(10))), try #require(RunToken(random: Self.random(10))))
        #expect(Self.marks(one, try Array(#require(other.label(1)).utf8)) == [])
        #expect(RunToken(random: Self.random(9)) == nil)
    }
}
