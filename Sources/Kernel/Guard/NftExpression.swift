// SPDX-License-Identifier: MIT
import CLinux

/// One step of a rule as the kernel runs it: it reads or compares the first register, or ends the rule. The rule goes on while all agree.
///
/// Pure; numbers are those of <linux/netfilter/nf_tables.h>.
struct NftExpression: Hashable, Sendable {
    let name: String
    /// The attributes within NFTA_EXPR_DATA.
    let attributes: [UInt8]

    private init(_ name: String, _ body: (inout NetlinkBuffer) -> Void) {
        self.name = name
        var buffer = NetlinkBuffer(capacity: 64)
        body(&buffer)
        attributes = buffer.bytes
    }

    private static let register = UInt32(NFT_REG_1.rawValue)

    /// Something known of the packet that does not stand in it.
    static func meta(_ key: nft_meta_keys) -> Self {
        .init("meta") {
            $0.attribute(UInt16(NFTA_META_DREG.rawValue), network: register)
            $0.attribute(UInt16(NFTA_META_KEY.rawValue), network: key.rawValue)
        }
    }

    /// 0: the way of the flow's first packet. Without a flow no rule that asks this fits.
    static let direction = flow(NFT_CT_DIRECTION)
    /// The flow's mark. Without a flow no rule that asks this fits.
    static let flowMark = flow(NFT_CT_MARK)

    private static func flow(_ key: nft_ct_keys) -> Self {
        .init("ct") {
            $0.attribute(UInt16(NFTA_CT_DREG.rawValue), network: register)
            $0.attribute(UInt16(NFTA_CT_KEY.rawValue), network: key.rawValue)
        }
    }

    /// The id of the control group, so deep in the hierarchy, of the socket that sends. Without a socket no rule that asks this fits.
    static func group(level: Int) -> Self {
        .init("socket") {
            $0.attribute(UInt16(NFTA_SOCKET_KEY.rawValue), network: UInt32(NFT_SOCKET_CGROUPV2.rawValue))
            $0.attribute(UInt16(NFTA_SOCKET_DREG.rawValue), network: register)
            $0.attribute(UInt16(NFTA_SOCKET_LEVEL.rawValue), network: UInt32(level))
        }
    }

    /// Bytes of the network header, or of the one behind it.
    static func payload(_ base: nft_payload_bases, at offset: UInt32, _ length: UInt32) -> Self {
        .init("payload") {
            $0.attribute(UInt16(NFTA_PAYLOAD_DREG.rawValue), network: register)
            $0.attribute(UInt16(NFTA_PAYLOAD_BASE.rawValue), network: base.rawValue)
            $0.attribute(UInt16(NFTA_PAYLOAD_OFFSET.rawValue), network: offset)
            $0.attribute(UInt16(NFTA_PAYLOAD_LEN.rawValue), network: length)
        }
    }

    /// Keeps the bits of the mask.
    static func and(_ mask: [UInt8]) -> Self {
        .init("bitwise") {
            $0.attribute(UInt16(NFTA_BITWISE_SREG.rawValue), network: register)
            $0.attribute(UInt16(NFTA_BITWISE_DREG.rawValue), network: register)
            $0.attribute(UInt16(NFTA_BITWISE_LEN.rawValue), network: UInt32(mask.count))
            $0.value(UInt16(NFTA_BITWISE_MASK.rawValue), mask)
            $0.value(UInt16(NFTA_BITWISE_XOR.rawValue), mask.map { _ in 0 })
        }
    }

    static func compare(_ relation: nft_cmp_ops, _ value: [UInt8]) -> Self {
        .init("cmp") {
            $0.attribute(UInt16(NFTA_CMP_SREG.rawValue), network: register)
            $0.attribute(UInt16(NFTA_CMP_OP.rawValue), network: relation.rawValue)
            $0.value(UInt16(NFTA_CMP_DATA.rawValue), value)
        }
    }

    static func equals(_ value: [UInt8]) -> Self { compare(NFT_CMP_EQ, value) }

    /// Whether the register is in a set of the same table.
    static func isIn(_ set: String) -> Self {
        .init("lookup") {
            $0.attribute(UInt16(NFTA_LOOKUP_SET.rawValue), text: set)
            $0.attribute(UInt16(NFTA_LOOKUP_SREG.rawValue), network: register)
        }
    }

    static let counter = Self("counter") { _ in }
    /// Lets the packet go on to the next chain of the hook.
    static let accept = verdict(1)
    static let drop = verdict(0)

    /// NF_DROP and NF_ACCEPT of <linux/netfilter.h>.
    private static func verdict(_ code: UInt32) -> Self {
        .init("immediate") {
            $0.attribute(UInt16(NFTA_IMMEDIATE_DREG.rawValue), network: UInt32(NFT_REG_VERDICT.rawValue))
            $0.nest(UInt16(NFTA_IMMEDIATE_DATA.rawValue)) { data in
                data.nest(UInt16(NFTA_DATA_VERDICT.rawValue)) { $0.attribute(UInt16(NFTA_VERDICT_CODE.rawValue), network: code) }
            }
        }
    }
}

extension NetlinkBuffer {
    /// A number in network order, as nfnetlink wants it.
    mutating func attribute(_ type: UInt16, network value: UInt32) { attribute(type, native: value.bigEndian) }

    /// Bytes that the kernel compares or keeps.
    mutating func value(_ type: UInt16, _ bytes: [UInt8]) {
        nest(type) { $0.attribute(UInt16(NFTA_DATA_VALUE.rawValue), bytes) }
    }
}
