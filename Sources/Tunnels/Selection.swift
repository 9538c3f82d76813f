// SPDX-License-Identifier: MIT
import Policy

/// Which of several tunnels is in use, and what they are together: the state the matrix sees.
package struct Selection: Hashable, Sendable {
    /// Place in the order of preference; nil when no tunnel is configured.
    package let inUse: Int?
    package let state: TunnelState

    /// The first connected one is in use; while none is, the first of all, so that what is refused is refused in its name.
    /// - Parameters:
    ///   - wish: after `down`, no tunnel is in use whatever its own state.
    ///   - isLeaving: whether something of a tunnel is still being taken down.
    package init(of states: [TunnelState], wish: Wish = .up, isLeaving: Bool = false) {
        switch wish {
        case .down: (inUse, state) = (states.isEmpty ? nil : 0, isLeaving && !states.isEmpty ? .disconnecting : .disconnected)
        case .up where states.isEmpty: (inUse, state) = (nil, .disconnected)
        case .up:
            if let connected = states.firstIndex(of: .connected) {
                (inUse, state) = (connected, .connected)
            } else {
                (inUse, state) = (0, states.contains(.connecting) ? .connecting : .error)
            }
        }
    }
}
