// SPDX-License-Identifier: MIT
import CLinux
import Policy
import Wire

/// One of our routing policy rules (ip-rule(8)). Pure: what stands in the kernel is compared with what should stand there.
struct RoutingRule: Hashable, Sendable {
    enum Selector: Hashable, Sendable {
        /// Packets that came in by this device.
        case from(String)
        case mark(UInt32)
        case all
    }

    enum Action: Hashable, Sendable {
        case lookup(UInt32)
        case unreachable
    }

    let family: IPAddress.Family
    let priority: UInt32
    let selector: Selector
    let action: Action

    /// On all that we put into rules and routes, so that only ours is taken away. Not assigned in <linux/rtnetlink.h>.
    static let `protocol`: UInt8 = 83

    /// Where ours begin if nothing else is there; room before it for those of others that come later, and for ours before them.
    static let usual: UInt32 = 10_000
    /// Preferences that ours take: for devices, for the marks of paths, and two for each node's.
    private static let room = UInt32(Node.most + marked.count + 2 * Node.most)

    /// What a mark leads to, in order.
    private static let marked: [(mark: UInt32, action: Action)] = [
        (Path.tunnel.mark, .lookup(RouteTable.tunnel)), (Path.tunnel.mark, .unreachable),
        (Path.outside.mark, .lookup(RouteTable.outside)), (Path.outside.mark, .unreachable),
        (Path.lan.mark, .lookup(RouteTable.outside)), (Path.lan.mark, .unreachable),
    ]

    /// The same for the marks of nodes, behind those.
    private static func marked(nodes: Int) -> [(mark: UInt32, action: Action)] {
        marked + Node.first(nodes).flatMap { [($0.mark, .lookup(RouteTable.of($0))), ($0.mark, .unreachable)] }
    }

    /// Where ours have to begin to be before all of others; where they stand, if that is so.
    static func begin(standing: [RoutingRule], others: UInt32) -> UInt32 {
        // Where most of those that stand say that it is: some may be gone.
        var votes: [UInt32: Int] = [:]
        let marked = marked(nodes: Node.most)
        for rule in standing {
            guard let place = marked.firstIndex(where: { rule.selector == .mark($0.mark) && rule.action == $0.action }) else { continue }
            if rule.priority > UInt32(place) + 10 { votes[rule.priority - UInt32(place) - 10, default: 0] += 1 }
        }
        if let first = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key, first + room <= others { return first }
        return others > usual + room ? usual : others > room ? others - room : 1
    }

    /// The preference of anybody's rule; nil for what is none.
    static func preference(of message: NetlinkMessage) -> UInt32? {
        guard message.payload.count >= 12 else { return nil }
        return message.attributes(skipping: 12)[UInt16(FRA_PRIORITY)]?.number ?? 0
    }

    /// The rules for these tunnel devices, of which there can be ten, in both families.
    ///
    /// Replies of forwarded flows carry the tunnel's mark for the reverse path filter, so what comes from a tunnel is routed first.
    /// The last rule, behind `default`, lets connect() find a route in a family for which main has none: the mark can decide only then.
    /// - Parameter begin: the first preference, see `begin`.
    static func all(tunnels: [String], from begin: UInt32 = usual) -> [RoutingRule] {
        var rules: [RoutingRule] = []
        for family in IPAddress.Family.allCases {
            for (number, device) in tunnels.prefix(Node.most).enumerated() {
                let place = begin + UInt32(number)
                rules.append(.init(family: family, priority: place, selector: .from(device), action: .lookup(RouteTable.main)))
            }
            for (number, rule) in marked(nodes: tunnels.count).enumerated() {
                rules.append(.init(family: family, priority: begin + 10 + UInt32(number), selector: .mark(rule.mark), action: rule.action))
            }
            rules.append(.init(family: family, priority: 40000, selector: .all, action: .lookup(RouteTable.tunnel)))
        }
        return rules
    }
}

/// Routing tables by number.
enum RouteTable {
    static let main: UInt32 = 254
    /// The default route of the tunnel, and `unreachable` behind it.
    static let tunnel: UInt32 = 5151
    /// What of main uses no tunnel.
    static let outside: UInt32 = 5152
    /// The default route of one node, and `unreachable` behind it.
    static func of(_ node: Node) -> UInt32 { 5160 + UInt32(node.number) }
    /// All that are ours.
    static let ours = [tunnel, outside] + Node.first(Node.most).map(of)
}

extension RoutingRule {
    /// Nil for rules that are not ours.
    init?(_ message: NetlinkMessage) {
        let header = message.payload.prefix(12)
        let attributes = message.attributes(skipping: 12)
        guard header.count == 12, attributes[Self.protocolAttribute]?.value.first == Self.protocol else { return nil }
        guard let family = IPAddress.Family(header[0]), let priority = attributes[UInt16(FRA_PRIORITY)]?.number else { return nil }
        self.family = family
        self.priority = priority
        if let device = attributes[UInt16(FRA_IIFNAME)] {
            selector = .from(device.text)
        } else if let mark = attributes[UInt16(FRA_FWMARK)]?.number {
            selector = .mark(mark)
        } else {
            selector = .all
        }
        action = header[7] == FR_ACT_UNREACHABLE ? .unreachable : .lookup(attributes[UInt16(FRA_TABLE)]?.number ?? UInt32(header[4]))
    }

    /// As RTM_NEWRULE or RTM_DELRULE wants it.
    func write(to buffer: inout NetlinkBuffer, _ type: UInt16, flags: UInt16, sequence: UInt32) {
        // fib_rule_hdr: family, lengths, tos, table (in an attribute), reserved, action, flags.
        let code = action == .unreachable ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL
        let header: [UInt8] = [family.number, 0, 0, 0, 0, 0, 0, UInt8(code), 0, 0, 0, 0]
        buffer.message(type, flags: flags, sequence: sequence, header: header) {
            $0.attribute(UInt16(FRA_PRIORITY), native: priority)
            $0.attribute(Self.protocolAttribute, [Self.protocol])
            switch selector {
            case .from(let device): $0.attribute(UInt16(FRA_IIFNAME), text: device)
            case .mark(let mark):
                $0.attribute(UInt16(FRA_FWMARK), native: mark)
                $0.attribute(UInt16(FRA_FWMASK), native: Path.markMask)
            case .all: break
            }
            if case .lookup(let table) = action { $0.attribute(UInt16(FRA_TABLE), native: table) }
        }
    }

    private static let protocolAttribute = UInt16(FRA_PROTOCOL)
}

extension IPAddress.Family {
    /// AF_INET and AF_INET6, as one byte of a message.
    var number: UInt8 { self == .v4 ? 2 : 10 }

    init?(_ number: UInt8) {
        switch number {
        case 2: self = .v4
        case 10: self = .v6
        default: return nil
        }
    }
}
