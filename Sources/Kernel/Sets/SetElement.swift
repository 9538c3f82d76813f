// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

/// One element of one set, as the kernel keeps it.
package struct SetElement: Hashable, Sendable {
    package let set: SetName
    /// The key's bytes as they stand in the kernel; the parts of a concatenation are padded to 4 bytes each.
    package let key: [UInt8]
    /// Until the kernel forgets it by itself; nil: never. Only for sets that may expire.
    package let seconds: UInt32?
    /// Where a packet with this key goes on; nil for elements of sets that are no maps.
    let chain: String?

    /// How nft(8) writes a control group, which it knows by its path only; nil where that is none below /sys/fs/cgroup.
    private let groupPath: String?
    /// Whether the table's text cannot hold it: such come by netlink only.
    package var isUnwritable: Bool { self.set.key == .group && groupPath == nil }

    private init(_ set: SetName, _ key: [UInt8], seconds: UInt32? = nil, groupPath: String? = nil, chain: String? = nil) {
        self.groupPath = groupPath
        self.chain = chain
        self.set = set
        self.key = key
        self.seconds = set.expires ? seconds : nil
    }

    /// An address that a rule owns.
    package static func learned(_ route: SteeredRoute, _ address: IPAddress, seconds: UInt32? = nil) -> SetElement {
        .init(.learned(route, address.family), address.bytes, seconds: seconds)
    }

    /// An address of a `tunnel` rule that goes by this node alone; belongs in for as long as `learned` of it does.
    package static func named(_ address: IPAddress, _ node: Node) -> SetElement {
        .init(.named(node, address.family), address.bytes)
    }

    /// An address of a rule that gives its traffic this class; belongs in for as long as `learned` of it does.
    package static func classed(_ route: SteeredRoute, _ address: IPAddress, trafficClass: Int) -> SetElement {
        .init(.classed(route, address.family, trafficClass), address.bytes)
    }

    /// Which way flows begin in the tunnel.
    package enum Entry: Hashable, Sendable {
        case node(Node)
        /// By the places among which flows are spread.
        case spread

        fileprivate var chain: String {
            switch self {
            case .node(let node): "to_node\(node.number)"
            case .spread: "spread"
            }
        }
    }

    /// The tunnel can be entered in this family.
    package static func tunnelEnter(_ family: IPAddress.Family, _ entry: Entry) -> SetElement {
        .init(.tunnelEnter, family.netfilter, chain: entry.chain)
    }

    /// Flows of this place, 0 to 239, go by the node.
    package static func balance(_ family: IPAddress.Family, slot: Int, _ node: Node) -> SetElement {
        .init(family == .v4 ? .balance4 : .balance6, UInt32(slot).bytes, chain: Entry.node(node).chain)
    }

    /// Flows of the node may go on in this family, those that came in by it too; or they are reset. Without either they are refused, and may
    /// go on later.
    package static func flows(of node: Node, _ family: IPAddress.Family, goOn: Bool = true) -> [SetElement] {
        [node.mark, node.arrivalMark].map { .init(family.flows, $0.bytes, chain: goOn ? "enter_node\(node.number)" : "moved") }
    }

    /// Flows of our own sockets in the tunnel in use may go on.
    package static func ownFlows(_ family: IPAddress.Family) -> SetElement {
        .init(family.flows, Path.tunnel.mark.bytes, chain: "enter_in_use")
    }

    /// There is a default route outside in this family.
    package static func outsideOpen(_ family: IPAddress.Family) -> SetElement { .init(.outsideOpen, family.netfilter) }
    /// No tunnel is wanted; belongs in for both families, or for none.
    package static func tunnelUnwanted(_ family: IPAddress.Family) -> SetElement { .init(.tunnelUnwanted, family.netfilter) }

    /// One of our tunnel devices, for all sets that name them. Names longer than 15 bytes are cut, as no device has one.
    package static func tunnelLink(_ name: String) -> [SetElement] {
        let key = link(name)
        return [.init(.tunnelLinks, key), .init(.tunnelRoutes, key)]
    }

    private static func link(_ name: String) -> [UInt8] {
        let bytes = Array(name.utf8.prefix(15))
        return bytes + Array(repeating: 0, count: 16 - bytes.count)
    }

    /// What leaves by this tunnel device may come from this address.
    package static func tunnelSource(_ name: String, _ address: IPAddress) -> SetElement {
        .init(address.family == .v4 ? .tunnelSources4 : .tunnelSources6, link(name) + address.bytes)
    }

    /// An address of one of our tunnel devices.
    package static func tunnelOwn(_ address: IPAddress) -> SetElement {
        .init(address.family == .v4 ? .tunnelOwn4 : .tunnelOwn6, address.bytes)
    }

    /// The whole mark of a WireGuard device that somebody else brought up; not 0.
    package static func foreignMark(_ mark: UInt32) -> SetElement { .init(.foreignMarks, mark.bytes) }

    /// We may ask this server on this path; in the tunnel by that node, or by the one in use.
    package static func resolver(_ address: IPAddress, port: UInt16, _ path: Path, by node: Node? = nil) -> SetElement {
        .init(address.family == .v4 ? .resolvers4 : .resolvers6, place(address, port, node?.mark ?? path.mark))
    }

    /// A WireGuard device of ours may send here, outside.
    package static func endpoint(_ address: IPAddress, port: UInt16) -> SetElement {
        .init(address.family == .v4 ? .endpoints4 : .endpoints6, place(address, port, Path.outside.mark))
    }

    /// A UDP flow that was ended: nothing comes of it from outside for so many seconds.
    package static func ended(_ flow: Flow, seconds: UInt32) -> SetElement {
        var ports: [UInt8] = []
        for port in [flow.destinationPort, flow.translatedPort] { ports += [UInt8(port >> 8), UInt8(truncatingIfNeeded: port), 0, 0] }
        return .init(flow.destination.family == .v4 ? .ended4 : .ended6, flow.destination.bytes + ports, seconds: seconds)
    }

    /// A program here listens at this port for TCP.
    package static func listening(_ port: UInt16) -> SetElement {
        .init(.listening, [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)])
    }

    /// The control group of a class of apps, by its id, and the path of its folder.
    package static func group(_ id: UInt64, path: String, of app: App) -> SetElement? {
        let root = "/sys/fs/cgroup/"
        let path = path.hasPrefix(root) ? String(path.dropFirst(root.count)) : nil
        let key = (0..<8).map { UInt8(truncatingIfNeeded: id.littleEndian >> ($0 * 8)) }
        switch app {
        case .normal: return nil
        case .excluded: return .init(.appsOutside, key, groupPath: path)
        case .tunneled: return .init(.appsTunnel, key, groupPath: path)
        }
    }

    private static func place(_ address: IPAddress, _ port: UInt16, _ mark: UInt32) -> [UInt8] {
        address.bytes + [UInt8(port >> 8), UInt8(truncatingIfNeeded: port), 0, 0] + mark.bytes
    }
}

extension SetElement: CustomStringConvertible {
    /// The element as nft(8) writes it.
    package var description: String {
        let text =
            switch set.key {
            case .address: IPAddress(bytes: key)?.description ?? ""
            case .link: Self.link(key[...])
            case .source: "\(Self.link(key.prefix(16))) . \(IPAddress(bytes: key.dropFirst(16))?.description ?? "")"
            case .family: key == IPAddress.Family.v4.netfilter ? "ipv4" : "ipv6"
            case .mark: Self.mark(key[...])
            case .flow:
                [
                    IPAddress(bytes: key.dropLast(8))?.description ?? "", "\(UInt16(key[key.count - 8]) << 8 | UInt16(key[key.count - 7]))",
                    "\(UInt16(key[key.count - 4]) << 8 | UInt16(key[key.count - 3]))",
                ].joined(separator: " . ")
            case .slot: "\(key.native(UInt32.self, at: 0) ?? 0)"
            case .service: "\(UInt16(key[0]) << 8 | UInt16(key[1]))"
            case .group: "\"\(groupPath ?? "")\""
            case .resolver:
                [
                    IPAddress(bytes: key.dropLast(8))?.description ?? "", "\(UInt16(key[key.count - 8]) << 8 | UInt16(key[key.count - 7]))",
                    Self.mark(key.suffix(4)),
                ].joined(separator: " . ")
            }
        return text + (seconds.map { " timeout \($0)s" } ?? "") + (chain.map { " : goto \($0)" } ?? "")
    }

    private static func link(_ bytes: ArraySlice<UInt8>) -> String { "\"\(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))\"" }

    private static func mark(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = String(bytes.native(UInt32.self, at: bytes.startIndex) ?? 0, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension IPAddress.Family {
    /// NFPROTO_IPV4 and NFPROTO_IPV6 of <linux/netfilter.h>, in one byte.
    fileprivate var netfilter: [UInt8] { self == .v4 ? [2] : [10] }

    fileprivate var flows: SetName { self == .v4 ? .tunnelFlows4 : .tunnelFlows6 }
}

extension UInt32 {
    /// In the machine's own byte order, as the kernel keeps marks.
    fileprivate var bytes: [UInt8] {
        let ordered = littleEndian
        return (0..<4).map { UInt8(truncatingIfNeeded: ordered >> ($0 * 8)) }
    }
}
