// SPDX-License-Identifier: MIT
import Testing
import Wire

@testable import LeakTest

@Suite struct EnvelopeTests {
    static let data = Array("hello".utf8)
    static let udp: [UInt8] = [0x12, 0x34, 0, 53, 0, 13, 0, 0] + data
    static let tcp: [UInt8] = [0, 53, 0x12, 0x34] + [0, 0, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1] + data

    static func v4(_ number: UInt8, _ body: [UInt8], fragment: UInt16 = 0) -> [UInt8] {
        let total = 20 + body.count
        return [
            0x45, 0, UInt8(total >> 8), UInt8(total & 255), 0, 0, UInt8(fragment >> 8), UInt8(fragment & 255), 64, number, 0, 0, 192, 0, 2,
            1,
            192, 0, 2, 2,
        ] + body
    }

    static func v6(_ next: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0x60, 0, 0, 0, UInt8(body.count >> 8), UInt8(body.count & 255), next, 64] + IPAddress("2001:db8::1")!.bytes
            + IPAddress("fe80::2")!.bytes + body
    }

    static func envelope(_ packet: [UInt8]) -> Envelope? { Envelope(packet.span) }

    static let vlan: [UInt8] = [0, 10, 8, 0]
    static let pppoe: [UInt8] = [0x11, 0, 0, 7, 0, 35, 0, 0x21]
    /// Hop-by-hop, then destination options of 16 bytes, then an atomic fragment.
    static let extensions: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0, 44, 1] + Array(repeating: 0, count: 14) + [17, 0, 0, 0, 0, 0, 0, 9]

    @Test(arguments: [v4(17, udp), vlan + v4(17, udp), pppoe + v4(17, udp), v6(17, udp), vlan + v6(17, udp), v6(0, extensions + udp)])
    func aDatagramIsReadAlsoBehindOtherHeaders(packet: [UInt8]) throws {
        let envelope = try #require(Self.envelope(packet))
        #expect(envelope.protocolNumber == 17)
        #expect(envelope.ports == Envelope.Ports(source: 0x1234, destination: 53))
        #expect(Array(packet[try #require(envelope.payload)...]) == Self.data)
        #expect(envelope.source.description == (envelope.source.family == .v4 ? "192.0.2.1" : "2001:db8::1"))
        #expect(envelope.destination.description == (envelope.source.family == .v4 ? "192.0.2.2" : "fe80::2"))
    }

    @Test(arguments: [v4(6, tcp), v6(6, tcp)])
    func aSegmentIsReadBehindItsOptions(packet: [UInt8]) throws {
        let envelope = try #require(Self.envelope(packet))
        #expect(envelope.ports == Envelope.Ports(source: 53, destination: 0x1234))
        #expect(Array(packet[try #require(envelope.payload)...]) == Self.data)
    }

    @Test func aLaterFragmentHasNoPorts() throws {
        let envelope = try #require(Self.envelope(Self.v4(17, Self.udp, fragment: 185)))
        #expect(envelope.ports == nil && envelope.payload == nil)
        let six = try #require(Self.envelope(Self.v6(44, [17, 0, 0x05, 0xC8, 0, 0, 0, 9] + Self.udp)))
        #expect(six.ports == nil && six.payload == nil)
    }

    @Test func noBytesStopIt() {
        let whole = [Self.v4(17, Self.udp), Self.v4(6, Self.tcp), Self.v6(0, Self.extensions + Self.udp), Self.v6(6, Self.tcp)]
        var read = 0
        for packet in whole {
            for length in 0...packet.count { if Self.envelope(Array(packet.prefix(length))) != nil { read += 1 } }
            for _ in 0..<5000 {
                var broken = packet
                for _ in 0..<3 { broken[.random(in: broken.indices)] = .random(in: 0...255) }
                if let envelope = Self.envelope(broken) {
                    read += 1
                    #expect((envelope.payload ?? 0) <= broken.count)
                }
            }
        }
        #expect(read > 1000)
    }
}
