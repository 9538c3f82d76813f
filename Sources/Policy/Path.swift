// SPDX-License-Identifier: MIT

/// The way a lookup, or the traffic that follows it, leaves this machine.
package enum Path: String, Hashable, Sendable, CaseIterable {
    /// In the tunnel, and never outside it.
    case tunnel
    /// Outside the tunnel, and never in it.
    case outside
    /// As `outside`, and only to private, non-routable addresses.
    case lan

    /// The bits of a packet mark that are ours; all other bits belong to other tools.
    package static let markMask: UInt32 = 0xFF00_0000

    /// The mark of a socket or packet that takes this path (shared design, "In the kernel").
    package var mark: UInt32 {
        switch self {
        case .tunnel: 0x0100_0000
        case .outside: 0x0200_0000
        case .lan: 0x0300_0000
        }
    }
}
