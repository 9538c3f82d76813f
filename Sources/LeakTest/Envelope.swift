// SPDX-License-Identifier: MIT
internal import Wire

/// Whence, whither and how, of a captured IP packet.
struct Envelope: Hashable, Sendable {
    /// Protocol numbers we give a name in reports.
    static let icmp: UInt8 = 1
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let icmp6: UInt8 = 58

    let source: IPAddress
    let destination: IPAddress
    /// The protocol behind IPv4, or behind the extension headers of IPv6.
    let protocolNumber: UInt8
    /// Of TCP and UDP; nil for other protocols and for later fragments.
    let ports: Ports?
    /// Where the data of TCP and UDP begin, counted from the first byte of the capture.
    let payload: Int?

    struct Ports: Hashable, Sendable {
        let source: UInt16
        let destination: UInt16
    }

    /// Finds the IP packet in what a packet socket delivers: at the beginning, or behind a VLAN tag (4 bytes; two tags: 8) or a PPPoE header (8).
    init?(_ packet: Span<UInt8>) {
        for offset in [0, 4, 8] {
            if let found = Self.v4(packet, at: offset) ?? Self.v6(packet, at: offset) {
                self = found
                return
            }
        }
        return nil
    }

    private init(source: IPAddress, destination: IPAddress, protocolNumber: UInt8, packet: Span<UInt8>, behind: Int?) {
        self.source = source
        self.destination = destination
        self.protocolNumber = protocolNumber
        guard let start = behind, protocolNumber == Self.tcp || protocolNumber == Self.udp,
            let from = Self.word(packet, start), let to = Self.word(packet, start + 2)
        else {
            ports = nil
            payload = nil
            return
        }
        ports = Ports(source: from, destination: to)
        if protocolNumber == Self.udp {
            payload = start + 8 <= packet.count ? start + 8 : nil
        } else {
            let header = start + 12 < packet.count ? Int(packet[start + 12] >> 4) * 4 : 0
            payload = header >= 20 && start + header <= packet.count ? start + header : nil
        }
    }

    /// RFC 791 section 3.1.
    private static func v4(_ packet: Span<UInt8>, at start: Int) -> Envelope? {
        guard start + 20 <= packet.count, packet[start] >> 4 == 4, let total = word(packet, start + 2),
            let fragment = word(packet, start + 6)
        else { return nil }
        let header = Int(packet[start] & 15) * 4
        // A total of 0 stands on packets the card has still to cut (large sends).
        guard header >= 20, total == 0 || (Int(total) >= header && start + Int(total) <= packet.count),
            let source = address(packet, start + 12, 4), let destination = address(packet, start + 16, 4)
        else { return nil }
        return Envelope(
            source: source, destination: destination, protocolNumber: packet[start + 9], packet: packet,
            behind: fragment & 0x1FFF == 0 ? start + header : nil)
    }

    /// RFC 8200 sections 3 and 4.
    private static func v6(_ packet: Span<UInt8>, at start: Int) -> Envelope? {
        guard start + 40 <= packet.count, packet[start] >> 4 == 6, let length = word(packet, start + 4),
            start + 40 + Int(length) <= packet.count,
            let source = address(packet, start + 8, 16), let destination = address(packet, start + 24, 16)
        else { return nil }
        var next = packet[start + 6]
        var behind: Int? = start + 40
        // Hop-by-hop, routing and destination options say their own length; a fragment header has 8 bytes.
        while let here = behind, [0, 43, 44, 60].contains(next) {
            guard here + 8 <= packet.count else {
                behind = nil
                break
            }
            let isFragment = next == 44
            let isLater = isFragment && (word(packet, here + 2) ?? 0) & 0xFFF8 != 0
            next = packet[here]
            behind = isLater ? nil : here + (isFragment ? 8 : 8 + Int(packet[here + 1]) * 8)
        }
        return Envelope(source: source, destination: destination, protocolNumber: next, packet: packet, behind: behind)
    }

    private static func word(_ packet: Span<UInt8>, _ offset: Int) -> UInt16? {
        guard offset >= 0, offset + 2 <= packet.count else { return nil }
        return UInt16(packet[offset]) << 8 | UInt16(packet[offset + 1])
    }

    private static func address(_ packet: Span<UInt8>, _ offset: Int, _ count: Int) -> IPAddress? {
        guard offset + count <= packet.count else { return nil }
        return IPAddress(bytes: (offset..<(offset + count)).map { packet[$0] })
    }
}
