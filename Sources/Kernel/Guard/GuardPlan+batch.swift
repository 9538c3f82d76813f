// SPDX-License-Identifier: MIT
import CLinux
import Rules
import Steering
import Wire

/// The table as messages of one batch.
extension GuardPlan {
    /// Makes the table, owned by the socket that sends this; before that takes away the one that the same socket made.
    func write(to batch: inout NftBatch, replacing: Bool) {
        let table = NftTable.guarding.rawValue
        if replacing {
            batch.append(UInt16(NFT_MSG_DELTABLE.rawValue), flags: 0) { $0.attribute(UInt16(NFTA_TABLE_NAME.rawValue), text: table) }
        }
        let fresh = NetlinkFlag.create | NetlinkFlag.exclusive
        batch.append(UInt16(NFT_MSG_NEWTABLE.rawValue), flags: fresh) {
            $0.attribute(UInt16(NFTA_TABLE_NAME.rawValue), text: table)
            $0.attribute(UInt16(NFTA_TABLE_FLAGS.rawValue), network: UInt32(NFT_TABLE_F_OWNER.rawValue))
        }
        for (index, set) in sets.enumerated() { set.write(to: &batch, table, UInt32(index + 1)) }
        batch.append(elements.filter { Self.holds($0.set) }.map { ElementChange(.add, $0) }[...], to: .guarding)
        write("egress", hook: 4, rules, to: &batch)  // NF_INET_POST_ROUTING
        if tunneled != nil { write("apps", hook: 3, appRules, to: &batch) }  // NF_INET_LOCAL_OUT
    }

    private func write(_ name: String, hook: UInt32, _ rules: [[NftExpression]], to batch: inout NftBatch) {
        let table = NftTable.guarding.rawValue
        batch.append(UInt16(NFT_MSG_NEWCHAIN.rawValue), flags: NetlinkFlag.create | NetlinkFlag.exclusive) { chain in
            chain.attribute(UInt16(NFTA_CHAIN_TABLE.rawValue), text: table)
            chain.attribute(UInt16(NFTA_CHAIN_NAME.rawValue), text: name)
            chain.nest(UInt16(NFTA_CHAIN_HOOK.rawValue)) {
                $0.attribute(UInt16(NFTA_HOOK_HOOKNUM.rawValue), network: hook)
                // Behind the chains of inet sluice, at mangle (-150), so that what both would drop is counted there.
                $0.attribute(UInt16(NFTA_HOOK_PRIORITY.rawValue), network: UInt32(bitPattern: -140))
            }
            chain.attribute(UInt16(NFTA_CHAIN_POLICY.rawValue), network: 1)  // NF_ACCEPT
            chain.attribute(UInt16(NFTA_CHAIN_TYPE.rawValue), text: "filter")
        }
        for rule in rules {
            batch.append(UInt16(NFT_MSG_NEWRULE.rawValue), flags: NetlinkFlag.create | NetlinkFlag.append) { message in
                message.attribute(UInt16(NFTA_RULE_TABLE.rawValue), text: table)
                message.attribute(UInt16(NFTA_RULE_CHAIN.rawValue), text: name)
                message.nest(UInt16(NFTA_RULE_EXPRESSIONS.rawValue)) { list in
                    for expression in rule {
                        list.nest(UInt16(NFTA_LIST_ELEM.rawValue)) {
                            $0.attribute(UInt16(NFTA_EXPR_NAME.rawValue), text: expression.name)
                            $0.attribute(UInt16(NFTA_EXPR_DATA.rawValue) | NetlinkFlag.nested, expression.attributes)
                        }
                    }
                }
            }
        }
    }

    private var sets: [GuardSet] {
        let tunnel = networks.filter { $0.action == .tunnel }.map { ($0.first, $0.last) }
        return IPAddress.Family.allCases.flatMap { family in
            let digit = family == .v4 ? "4" : "6"
            return [
                GuardSet(name: "tunnel" + digit, family: family, size: UInt32(clamping: learnedSize), ranges: []),
                GuardSet(name: "tunnel\(digit)_net", family: family, size: nil, ranges: tunnel.filter { $0.0.family == family }),
                GuardSet(name: "local" + digit, family: family, size: nil, ranges: local.filter { $0.0.family == family }),
            ]
        }
    }

    /// Private and link-local networks (RFC 1918, 3927, 4193, 4291), multicast, broadcast; on request shared ones (RFC 6598).
    private var local: [(IPAddress, IPAddress)] {
        func four(_ first: UInt32, _ last: UInt32) -> (IPAddress, IPAddress) { (.v4(first), .v4(last)) }
        func six(_ first: UInt64, _ last: UInt64) -> (IPAddress, IPAddress) { (.v6(high: first, low: 0), .v6(high: last, low: .max)) }
        return [four(0x0A00_0000, 0x0AFF_FFFF)] + (cgnatIsPrivate ? [four(0x6440_0000, 0x647F_FFFF)] : []) + [
            four(0xA9FE_0000, 0xA9FE_FFFF), four(0xAC10_0000, 0xAC1F_FFFF), four(0xC0A8_0000, 0xC0A8_FFFF),
            four(0xE000_0000, 0xEFFF_FFFF), four(.max, .max),
            six(0xFC00_0000_0000_0000, 0xFDFF_FFFF_FFFF_FFFF), six(0xFE80_0000_0000_0000, 0xFEBF_FFFF_FFFF_FFFF),
            six(0xFF00_0000_0000_0000, .max),
        ]
    }
}

/// One set of addresses: learned ones up to a size, or ranges.
private struct GuardSet {
    let name: String
    let family: IPAddress.Family
    /// Nil for a set of ranges.
    let size: UInt32?
    let ranges: [(IPAddress, IPAddress)]

    func write(to batch: inout NftBatch, _ table: String, _ id: UInt32) {
        batch.append(UInt16(NFT_MSG_NEWSET.rawValue), flags: NetlinkFlag.create | NetlinkFlag.exclusive) { set in
            set.attribute(UInt16(NFTA_SET_TABLE.rawValue), text: table)
            set.attribute(UInt16(NFTA_SET_NAME.rawValue), text: name)
            set.attribute(UInt16(NFTA_SET_ID.rawValue), network: id)
            set.attribute(UInt16(NFTA_SET_FLAGS.rawValue), network: UInt32((size == nil ? NFT_SET_INTERVAL : NFT_SET_EVAL).rawValue))
            // nft's own numbers for ipv4_addr and ipv6_addr; the kernel keeps them for it.
            set.attribute(UInt16(NFTA_SET_KEY_TYPE.rawValue), network: family == .v4 ? 7 : 8)
            set.attribute(UInt16(NFTA_SET_KEY_LEN.rawValue), network: family == .v4 ? 4 : 16)
            guard let size else { return }
            set.nest(UInt16(NFTA_SET_DESC.rawValue)) { $0.attribute(UInt16(NFTA_SET_DESC_SIZE.rawValue), network: size) }
        }
        // Where a range begins, and the first address behind it; none where it reaches the last there is.
        let ends = ranges.flatMap { first, last in [(first, false)] + (last.next.map { [($0, true)] } ?? []) }
        var rest = ends[...]
        while !rest.isEmpty {
            batch.append(UInt16(NFT_MSG_NEWSETELEM.rawValue), flags: NetlinkFlag.create) { message in
                message.attribute(UInt16(NFTA_SET_ELEM_LIST_TABLE.rawValue), text: table)
                message.attribute(UInt16(NFTA_SET_ELEM_LIST_SET.rawValue), text: name)
                message.nest(UInt16(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)) { list in
                    for (address, isEnd) in rest.prefix(NftBatch.elementsPerMessage) {
                        list.nest(UInt16(NFTA_LIST_ELEM.rawValue)) {
                            $0.value(UInt16(NFTA_SET_ELEM_KEY.rawValue), address.bytes)
                            if isEnd {
                                $0.attribute(UInt16(NFTA_SET_ELEM_FLAGS.rawValue), network: UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue))
                            }
                        }
                    }
                }
            }
            rest = rest.dropFirst(NftBatch.elementsPerMessage)
        }
    }
}

extension IPAddress {
    fileprivate var next: IPAddress? {
        switch self {
        case .v4(.max), .v6(high: .max, low: .max): nil
        case .v4(let raw): .v4(raw + 1)
        case .v6(let high, .max): .v6(high: high + 1, low: 0)
        case .v6(let high, let low): .v6(high: high, low: low + 1)
        }
    }
}
