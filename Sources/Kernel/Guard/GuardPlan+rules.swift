// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// The one chain, after all routing and after `egress` of the first table. Fixtures/ruleset/guard.nft shows it as nft does.
extension GuardPlan {
    /// Before routing, where sockets are known: what an app of the tunnel sends has its mark by now, or the first table is gone.
    var appRules: [[NftExpression]] {
        guard let tunneled else { return [] }
        var rules: [[NftExpression]] = [Self.loopback]
        if foreignLookups {
            // On their way to us, or held back by the chain below.
            rules += [IPPROTO_TCP, IPPROTO_UDP].map { Self.next($0) + Self.port(at: 2, 53) + [.accept] }
        }
        // Of whichever node.
        rules.append([.meta(NFT_META_MARK), .and(Self.native(0xF000_0000 as UInt32)), .equals(Self.native(0x1000_0000 as UInt32)), .accept])
        rules.append([.group(level: tunneled.level), .equals(Self.native(tunneled.id)), .direction, .equals([0])] + Self.holdBack)
        return rules
    }

    var rules: [[NftExpression]] {
        var rules = passing
        rules += ["tunnel4", "tunnel4_net"].map { Self.destination4 + [.isIn($0)] + Self.holdBack }
        rules += ["tunnel6", "tunnel6_net"].map { Self.destination6 + [.isIn($0)] + Self.holdBack }
        if foreignLookups {
            for number in [IPPROTO_TCP, IPPROTO_UDP] {
                for port in [53, 853] as [UInt16] { rules.append(Self.next(number) + Self.port(at: 2, port) + Self.holdBack) }
            }
        }
        rules.append([.direction, .equals([1]), .accept])
        // As the kernel routes: the first table has let it begin so, as a session with a server here that was there before it.
        rules.append([.flowMark, .and(Self.native(0xFF00_0000 as UInt32)), .equals(Self.native(0x0F00_0000 as UInt32)), .accept])
        if defaultTunnel {
            let verdict = lanSharing ? [.accept] : Self.holdBack
            rules.append(Self.destination4 + [.isIn("local4")] + verdict)
            rules.append(Self.destination6 + [.isIn("local6")] + verdict)
            rules.append(Self.holdBack)
        } else if !lanSharing {
            rules.append(Self.destination4 + [.isIn("local4")] + Self.holdBack)
            rules.append(Self.destination6 + [.isIn("local6")] + Self.holdBack)
        }
        return rules
    }

    /// What is none of its business.
    private var passing: [[NftExpression]] {
        var rules: [[NftExpression]] = [Self.loopback]
        rules += links.map { [.meta(NFT_META_OIFNAME), .equals(Self.name($0)), .accept] }
        // What came out of the tunnel owes it nothing, wherever it goes.
        rules += links.map { [.meta(NFT_META_IIFNAME), .equals(Self.name($0)), .accept] }
        // Outside and LAN: sluice has decided.
        rules += [0x0200_0000, 0x0300_0000].map {
            [.meta(NFT_META_MARK), .and(Self.native(0xFF00_0000 as UInt32)), .equals(Self.native($0 as UInt32)), .accept]
        }
        rules += foreignMarks.map { [.meta(NFT_META_MARK), .equals(Self.native($0)), .accept] }
        rules += Self.untouched
        // Replies go back the way they came. To an address of the tunnel not all that looks like one: a packet forged from outside makes
        // what an app sends of its own look so, but not a first SYN, and no protocol but TCP and ICMP is answered there.
        rules.append(
            [.direction, .equals([1])] + Self.next(IPPROTO_TCP)
                + [.payload(NFT_PAYLOAD_TRANSPORT_HEADER, at: 13, 1), .and([0x12]), .compare(NFT_CMP_NEQ, [0x02]), .accept])
        rules += [IPPROTO_ICMP, IPPROTO_ICMPV6].map { [.direction, .equals([1])] + Self.next($0) + [.accept] }
        return rules
    }

    /// What must work before there is a path: addresses, neighbours, group membership.
    private static let untouched: [[NftExpression]] =
        [(68, 67), (546, 547)].map { next(IPPROTO_UDP) + port(at: 0, $0.0) + port(at: 2, $0.1) + [.accept] } + [
            // MLD from the query to the end of membership, and neighbour discovery; redirects are for routers.
            next(IPPROTO_ICMPV6) + [
                .payload(NFT_PAYLOAD_TRANSPORT_HEADER, at: 0, 1), .compare(NFT_CMP_GTE, [130]), .compare(NFT_CMP_LTE, [136]), .accept,
            ],
            next(IPPROTO_ICMPV6) + [.payload(NFT_PAYLOAD_TRANSPORT_HEADER, at: 0, 1), .equals([143]), .accept],
            next(IPPROTO_IGMP) + [.accept],
        ]

    private static let holdBack: [NftExpression] = [.counter, .drop]
    /// By number, 1 in every network namespace: names cost more to compare, and every packet comes by.
    private static let loopback: [NftExpression] = [.meta(NFT_META_OIF), .equals(native(1 as UInt32)), .accept]
    private static let destination4: [NftExpression] = [
        .meta(NFT_META_NFPROTO), .equals([2]), .payload(NFT_PAYLOAD_NETWORK_HEADER, at: 16, 4),
    ]
    private static let destination6: [NftExpression] = [
        .meta(NFT_META_NFPROTO), .equals([10]), .payload(NFT_PAYLOAD_NETWORK_HEADER, at: 24, 16),
    ]

    private static func next(_ number: Int) -> [NftExpression] {
        [.meta(NFT_META_L4PROTO), .equals([UInt8(truncatingIfNeeded: number)])]
    }

    private static func port(at offset: UInt32, _ port: UInt16) -> [NftExpression] {
        [.payload(NFT_PAYLOAD_TRANSPORT_HEADER, at: offset, 2), .equals([UInt8(port >> 8), UInt8(truncatingIfNeeded: port)])]
    }

    /// As the kernel keeps the name of a device: 16 bytes, at least one of them zero.
    private static func name(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(15))
        return bytes + Array(repeating: 0, count: 16 - bytes.count)
    }

    /// In the machine's own byte order, as the kernel keeps marks and ids.
    private static func native<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value.littleEndian >> ($0 * 8)) }
    }
}
