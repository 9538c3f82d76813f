// SPDX-License-Identifier: MIT
import CLinux
import Wire

/// Any routing policy rule of the machine, ours or not, as ip-rule(8) shows it. For those who look; nothing is changed by it.
package struct PolicyRule: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case lookup(UInt32)
        case unreachable
        /// `blackhole`, `prohibit`, `goto`, `nop`.
        case other
    }

    package var family: IPAddress.Family
    package var priority: UInt32
    package var action: Action
    /// Nil: packets of any mark. A packet fits when its mark under the mask is the value.
    package var mark: (value: UInt32, mask: UInt32)? { markMask == 0 ? nil : (markValue, markMask) }
    /// `not`: what does not fit is meant.
    package var inverted = false
    /// `suppress_prefixlength`: routes no longer than this do not count.
    package var suppressed: UInt32?
    /// Whether it looks at more than the mark: addresses, devices, users, ports, TOS.
    package var isNarrower = false
    package var incoming: String?
    /// Whether Sluice put it there.
    package var isOurs = false
    package var markValue: UInt32 = 0
    package var markMask: UInt32 = 0

    package init(family: IPAddress.Family, priority: UInt32, action: Action) {
        self.family = family
        self.priority = priority
        self.action = action
    }

    /// Whether a packet may fit whose mark has this value under `known`; nothing else is known of it.
    package func mayFit(mark: UInt32, known: UInt32) -> Bool {
        let fits = (mark ^ markValue) & markMask & known == 0
        if inverted { return isNarrower || markMask & ~known != 0 || !fits }
        return fits
    }

    /// Whether every packet with this whole mark fits.
    package func fitsAll(mark: UInt32) -> Bool {
        let fits = (mark ^ markValue) & markMask == 0
        return !isNarrower && (inverted ? !fits : fits)
    }
}

extension PolicyRule {
    init?(_ message: NetlinkMessage) {
        let header = message.payload.prefix(12)
        guard header.count == 12, let family = IPAddress.Family(header[0]) else { return nil }
        let attributes = message.attributes(skipping: 12)
        func number(_ type: Int) -> UInt32? { attributes[UInt16(type)]?.number }
        let table = number(FRA_TABLE) ?? UInt32(header[4])
        let action: Action =
            switch Int(header[7]) {
            case Int(FR_ACT_TO_TBL): .lookup(table)
            case Int(FR_ACT_UNREACHABLE): .unreachable
            default: .other
            }
        self.init(family: family, priority: number(FRA_PRIORITY) ?? 0, action: action)
        let flags = header.native(UInt32.self, at: 8) ?? 0
        inverted = flags & UInt32(FIB_RULE_INVERT) != 0
        markValue = number(FRA_FWMARK) ?? 0
        // A rule without a mark has neither; one with mark 0 has a mask.
        markMask = number(FRA_FWMASK) ?? (markValue == 0 ? 0 : .max)
        suppressed = number(FRA_SUPPRESS_PREFIXLEN).flatMap { $0 == .max ? nil : $0 }
        incoming = attributes[UInt16(FRA_IIFNAME)]?.text
        let others = [FRA_OIFNAME, FRA_UID_RANGE, FRA_SPORT_RANGE, FRA_DPORT_RANGE, FRA_IP_PROTO]
        isNarrower =
            header[1] != 0 || header[2] != 0 || header[3] != 0 || incoming != nil
            || others.contains { attributes[UInt16($0)] != nil } || attributes[UInt16(FRA_L3MDEV)]?.value.first == 1
        isOurs = attributes[UInt16(FRA_PROTOCOL)]?.value.first == RoutingRule.protocol
    }
}
