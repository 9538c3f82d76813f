// SPDX-License-Identifier: MIT
import Policy

/// Which of several tunnels is in use, and what they are together: the state the matrix sees.
package struct Selection: Hashable, Sendable {
    /// Place in the order of preference; nil when no tunnel is configured.
    package let inUse: Int?
    package let state: TunnelState

    /// - Parameters:
    ///   - chosen: the one that `NodeChoice` has chosen; what is refused is refused in its name.
    ///   - wish: after `down`, no tunnel is in use whatever its own state.
    ///   - isLeaving: whether something of a tunnel is still being taken down.
    package init(of states: [TunnelState], chosen: Int? = nil, wish: Wish = .up, isLeaving: Bool = false) {
        switch wish {
        case .down: (inUse, state) = (states.isEmpty ? nil : 0, isLeaving && !states.isEmpty ? .disconnecting : .disconnected)
        case .up where states.isEmpty: (inUse, state) = (nil, .disconnected)
        case .up:
            let chosen = chosen ?? states.firstIndex(of: .connected) ?? 0
            inUse = chosen
            state = states[chosen] == .connected ? .connected : states.contains(.connecting) ? .connecting : .error
        }
    }
}
