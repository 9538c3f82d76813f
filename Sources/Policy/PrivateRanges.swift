// SPDX-License-Identifier: MIT
import Wire

/// Which addresses are private and non-routable, as the matrix sees it.
package struct PrivateRanges: Hashable, Sendable {
    /// Whether 100.64.0.0/10 (RFC 6598) counts as private: `cgnat = "lan"`.
    package let includesCGNAT: Bool

    package init(includesCGNAT: Bool) { self.includesCGNAT = includesCGNAT }

    /// Mapped addresses count as what they stand for.
    package func contains(_ address: IPAddress) -> Bool {
        switch address.unmapped {
        case .v4(let raw):
            switch raw >> 24 {
            case 10, 127: true
            case 100: includesCGNAT && raw >> 22 == 100 << 2 | 1
            case 169: raw >> 16 == 169 << 8 | 254
            case 172: raw >> 20 == 172 << 4 | 1
            case 192: raw >> 16 == 192 << 8 | 168
            default: false
            }
        case .v6(let high, let low):
            // fe80::/10, fc00::/7, ::1
            high >> 54 == 0xFE80 >> 6 || high >> 57 == 0xFC00 >> 9 || (high == 0 && low == 1)
        }
    }
}
