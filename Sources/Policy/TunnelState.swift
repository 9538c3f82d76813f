// SPDX-License-Identifier: MIT

/// What the tunnel is doing, as the matrix sees it.
package enum TunnelState: String, Hashable, Sendable, CaseIterable {
    /// Not wanted: never configured, or `down` was the last word.
    case disconnected
    case connecting
    case connected
    case disconnecting
    /// Wanted, and its device is absent or dead.
    case error
}
