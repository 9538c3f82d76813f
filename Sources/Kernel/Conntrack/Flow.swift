// SPDX-License-Identifier: MIT
import CLinux
import Wire

/// One connection that the kernel tracks, as its first packet went.
package struct Flow: Hashable, Sendable {
    package let source: IPAddress
    package let destination: IPAddress
    /// IPPROTO_TCP and so on.
    package let `protocol`: UInt8
    /// Both 0 for protocols without ports.
    package let sourcePort: UInt16
    package let destinationPort: UInt16
    /// The sender's port as the other side sees it.
    package let translatedPort: UInt16
    /// The whole connection mark.
    package let mark: UInt32

    /// The path or class in the upper eight bits of the mark.
    package var markClass: UInt8 { UInt8(mark >> 24) }

    /// What tells it from all others, as the kernel wrote it: the original tuple with the zone of its direction, the zone, the number.
    let identity: [NetlinkAttribute]

    /// Nil for what is no entry of IPv4 or IPv6.
    init?(_ message: NetlinkMessage) {
        let attributes = message.attributes(skipping: 4)
        let identity = [CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID].compactMap { attributes[UInt16($0.rawValue)] }
        guard message.type == ConntrackMessage.new, let first = identity.first, first.type == UInt16(CTA_TUPLE_ORIG.rawValue),
            let there = Tuple(first), there.source.family == there.destination.family
        else { return nil }
        let back = attributes[UInt16(CTA_TUPLE_REPLY.rawValue)].flatMap { Tuple($0) }
        source = there.source
        destination = there.destination
        self.protocol = there.protocol
        sourcePort = there.sourcePort
        destinationPort = there.destinationPort
        translatedPort = back?.destinationPort ?? there.sourcePort
        mark = attributes[UInt16(CTA_MARK.rawValue)]?.number?.bigEndian ?? 0
        self.identity = identity
    }
}

/// The ends of one direction.
private struct Tuple {
    let source: IPAddress
    let destination: IPAddress
    let `protocol`: UInt8
    let sourcePort: UInt16
    let destinationPort: UInt16

    init?(_ attribute: NetlinkAttribute) {
        guard let addresses = attribute.attributes[UInt16(CTA_TUPLE_IP.rawValue)]?.attributes,
            let ports = attribute.attributes[UInt16(CTA_TUPLE_PROTO.rawValue)]?.attributes,
            let number = ports[UInt16(CTA_PROTO_NUM.rawValue)]?.value.first
        else { return nil }
        func address(_ four: ctattr_ip, _ six: ctattr_ip) -> IPAddress? {
            (addresses[UInt16(four.rawValue)] ?? addresses[UInt16(six.rawValue)]).flatMap { IPAddress(bytes: $0.value) }
        }
        func port(_ end: ctattr_l4proto) -> UInt16 {
            let bytes = ports[UInt16(end.rawValue)]?.value ?? []
            return bytes.count == 2 ? UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : 0
        }
        guard let source = address(CTA_IP_V4_SRC, CTA_IP_V6_SRC), let destination = address(CTA_IP_V4_DST, CTA_IP_V6_DST) else {
            return nil
        }
        self.source = source
        self.destination = destination
        self.protocol = number
        sourcePort = port(CTA_PROTO_SRC_PORT)
        destinationPort = port(CTA_PROTO_DST_PORT)
    }
}

/// Types and fixed parts of ctnetlink messages (<linux/netfilter/nfnetlink_conntrack.h>).
enum ConntrackMessage {
    /// NFNL_SUBSYS_CTNETLINK is 1.
    static let new: UInt16 = 0x0100
    static let get: UInt16 = 0x0101
    static let delete: UInt16 = 0x0102

    /// nfgenmsg; nil: all families.
    static func header(_ family: IPAddress.Family?) -> [UInt8] { [family?.number ?? 0, 0, 0, 0] }
}

extension NetlinkBuffer {
    /// The upper eight bits of the connection mark, as far as `mask` compares them.
    mutating func connectionMark(_ mark: UInt8, mask: UInt8) {
        attribute(UInt16(CTA_MARK.rawValue), [mark & mask, 0, 0, 0])
        attribute(UInt16(CTA_MARK_MASK.rawValue), [mask, 0, 0, 0])
    }

    /// This one flow, and none that took its place meanwhile.
    mutating func identity(of flow: Flow) {
        for part in flow.identity {
            attribute(part.type | (part.type == UInt16(CTA_TUPLE_ORIG.rawValue) ? NetlinkFlag.nested : 0), part.value)
        }
    }
}
