// SPDX-License-Identifier: MIT
internal import Wire

/// A packet that carried one of our names; equal ones are counted together.
struct Sighting: Hashable, Sendable {
    /// The question whose name it carried.
    let question: Int
    let link: Link
    let isOutgoing: Bool
    /// Nil when the bytes around the name are no IP packet we can read.
    let source: IPAddress?
    let destination: IPAddress?
    /// `udp`, `tcp`, `icmp`, a protocol number, or nil as above.
    let protocolName: String?
    /// Of the remote end, if the protocol has ports.
    let port: UInt16?
    /// The question as ldns read it from this packet; nil when it is not a plain DNS message.
    let name: String?
    let type: String?

    /// The other machine, as far as the packet tells: an incoming ICMP message may come from any router on the way.
    var peer: IPAddress? { isOutgoing ? destination : protocolName == "icmp" ? nil : source }
}

extension Sighting {
    init(question: Int, link: Link, isOutgoing: Bool, packet: Span<UInt8>) {
        self.question = question
        self.link = link
        self.isOutgoing = isOutgoing
        guard let envelope = Envelope(packet) else {
            source = nil
            destination = nil
            protocolName = nil
            port = nil
            name = nil
            type = nil
            return
        }
        source = envelope.source
        destination = envelope.destination
        protocolName =
            switch envelope.protocolNumber {
            case Envelope.udp: "udp"
            case Envelope.tcp: "tcp"
            case Envelope.icmp, Envelope.icmp6: "icmp"
            case let other: "protocol \(other)"
            }
        port = envelope.ports.map { isOutgoing ? $0.destination : $0.source }
        // Over TCP two bytes of length come first (RFC 1035 section 4.2.2).
        let start = envelope.payload.map { envelope.protocolNumber == Envelope.tcp ? $0 + 2 : $0 }
        let head = start.flatMap { start in
            start < packet.count ? DNSMessage.head(of: (start..<min(packet.count, start + 512)).map { packet[$0] }) : nil
        }
        name = head?.name
        type = head?.type
    }
}
