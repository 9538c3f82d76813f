// SPDX-License-Identifier: MIT
import CLinux
import Wire

/// A route as the kernel dumps it, less what it would not take back: what changes by itself, the table, and who made it.
///
/// Routes are copied raw, so that gateways of the other family, multipath and metrics come along without being understood.
struct Route: Hashable, Sendable {
    let family: IPAddress.Family
    let table: UInt32
    let destination: UInt8
    private let source: UInt8
    private let tos: UInt8
    private let scope: UInt8
    let type: UInt8
    private let flags: UInt8
    private let attributes: [NetlinkAttribute]

    /// Nil for what is no route of its own (caches) or can carry no packet (its device is down).
    init?(_ message: NetlinkMessage) {
        let header = message.payload.prefix(12)
        guard message.type == RTM_NEWROUTE, header.count == 12, let family = IPAddress.Family(header[0]),
            let flags = header.native(UInt32.self, at: 8), flags & UInt32(RTM_F_CLONED) == 0, flags & UInt32(RTNH_F_DEAD) == 0
        else { return nil }
        let all = message.attributes(skipping: 12)
        self.family = family
        destination = header[1]
        source = header[2]
        tos = header[3]
        scope = header[6]
        type = header[7]
        self.flags = UInt8(flags & UInt32(RTNH_F_ONLINK))
        table = all[UInt16(RTA_TABLE.rawValue)]?.number ?? UInt32(header[4])
        // In the kernel's order, in which the same route always comes.
        attributes = all.filter { Self.kept.contains($0.type) }.map(Self.withoutState)
    }

    /// RTA_NH_ID is left out: the dump holds the hop it stands for, and both together are refused.
    private static let kept: Set<UInt16> = Set(
        [
            RTA_DST, RTA_SRC, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC, RTA_METRICS, RTA_MULTIPATH, RTA_FLOW, RTA_VIA, RTA_PREF,
            RTA_ENCAP_TYPE, RTA_ENCAP,
        ].map { UInt16($0.rawValue) })

    /// The hops of a multipath route carry flags that say which links are down now.
    private static func withoutState(_ attribute: NetlinkAttribute) -> NetlinkAttribute {
        guard attribute.type == RTA_MULTIPATH.rawValue else { return attribute }
        var value = attribute.value
        for offset in hops(value) { value[offset + 2] &= UInt8(RTNH_F_ONLINK) }
        return .init(type: attribute.type, value: value)
    }

    /// Where each struct rtnexthop begins: length, flags, weight, interface index.
    private static func hops(_ value: [UInt8]) -> [Int] {
        var offsets: [Int] = []
        var offset = 0
        while let length = value.native(UInt16.self, at: offset), length >= 8, offset + Int(length) <= value.count {
            offsets.append(offset)
            offset += (Int(length) + 3) & ~3
        }
        return offsets
    }

    /// The interfaces it uses.
    var links: [UInt32] {
        if let link = attributes[UInt16(RTA_OIF.rawValue)]?.number { return [link] }
        guard let paths = attributes[UInt16(RTA_MULTIPATH.rawValue)]?.value else { return [] }
        return Self.hops(paths).compactMap { paths.native(UInt32.self, at: $0 + 4) }
    }

    var gateway: IPAddress? { attributes[UInt16(RTA_GATEWAY.rawValue)].flatMap { IPAddress(bytes: $0.value) } }

    /// Whether its next hop is reached by other routes, which must therefore be there first.
    var hasGateway: Bool {
        attributes.contains { [RTA_GATEWAY, RTA_VIA, RTA_MULTIPATH].map { UInt16($0.rawValue) }.contains($0.type) }
    }

    /// Whether it carries packets of any destination.
    var isDefault: Bool { destination == 0 && type == RTN_UNICAST }

    /// The same route in another table.
    init(_ route: Route, in table: UInt32) {
        family = route.family
        destination = route.destination
        source = route.source
        tos = route.tos
        scope = route.scope
        type = route.type
        flags = route.flags
        attributes = route.attributes
        self.table = table
    }

    /// As RTM_NEWROUTE or RTM_DELROUTE wants it, marked as ours.
    func write(to buffer: inout NetlinkBuffer, _ kind: UInt16, flags: UInt16, sequence: UInt32) {
        let header: [UInt8] = [
            family.number, destination, source, tos, 0, RoutingRule.protocol, scope, type, self.flags, 0, 0, 0,
        ]
        buffer.message(kind, flags: flags, sequence: sequence, header: header) {
            $0.attribute(UInt16(RTA_TABLE.rawValue), native: table)
            for attribute in attributes { $0.attribute(attribute.type, attribute.value) }
        }
    }

    /// A route to everywhere: into a device, or `unreachable` behind all others.
    init(defaultIn table: UInt32, _ family: IPAddress.Family, link: UInt32?) {
        self.family = family
        self.table = table
        destination = 0
        source = 0
        tos = 0
        flags = 0
        scope = family == .v4 && link != nil ? UInt8(RT_SCOPE_LINK.rawValue) : 0
        type = UInt8(link == nil ? RTN_UNREACHABLE : RTN_UNICAST)
        var parts = NetlinkBuffer()
        if let link {
            parts.attribute(UInt16(RTA_OIF.rawValue), native: link)
        } else {
            parts.attribute(UInt16(RTA_PRIORITY.rawValue), native: UInt32.max)
        }
        attributes = NetlinkAttribute.all(in: parts.bytes[...])
    }
}
