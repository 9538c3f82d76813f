// SPDX-License-Identifier: MIT
import Wire

/// Which names that no rule names may be answered with addresses of this machine or its networks. All others lose them: a stranger's name that leads
/// to a router or to this machine lets a web page talk to it as if it were its own (DNS rebinding).
package struct Rebinding: Hashable, Sendable {
    /// These and all below them may.
    package var allowed: Set<Name>

    package init(allowed: Set<Name> = []) { self.allowed = allowed }

    /// Every name may: `rebind_allow = ["."]`.
    package static let allowsAll = Rebinding(allowed: [.root])

    package func allows(_ name: Name) -> Bool {
        guard !allowed.isEmpty else { return false }
        var suffix = name
        while !allowed.contains(suffix) {
            if suffix.isRoot { return false }
            suffix = suffix.parent
        }
        return true
    }

    /// Whether an address leads to this machine or its networks: private, loopback, link-local, unspecified or this machine's own, also behind a
    /// translator or a tunnel of addresses.
    /// - Parameters:
    ///   - ours: this machine's own addresses, public ones too.
    ///   - nat64: the prefix by which this network translates, if it does.
    package static func isInside(_ address: IPAddress, _ ranges: PrivateRanges, ours: Set<IPAddress>, nat64: Network?) -> Bool {
        isInside(address, ranges, ours) || address.embedded(nat64: nat64).contains { isInside($0, ranges, ours) }
    }

    private static func isInside(_ address: IPAddress, _ ranges: PrivateRanges, _ ours: Set<IPAddress>) -> Bool {
        if ours.contains(address) { return true }
        return switch address {
        // Linux takes 0.0.0.0 and :: for this machine; the rest of 0.0.0.0/8 is "this network" (RFC 1122 section 3.2.1.3).
        case .v4(let raw) where raw >> 24 == 0: true
        case .v6(high: 0, low: 0): true
        case .v4, .v6: ranges.contains(address)
        }
    }
}
