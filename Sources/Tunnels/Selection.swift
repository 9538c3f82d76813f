// SPDX-License-Identifier: MIT
import Policy

/// Which of several tunnels is in use, and what they are together.
package struct Selection: Hashable, Sendable {
    /// Place in the order of preference; nil when no tunnel is configured.
    package let inUse: Int?
    package let state: TunnelState

    /// The first connected one is in use; while none is, the first of all, so that what is refused is refused in its name.
    package init(of states: [TunnelState]) {
        if let connected = states.firstIndex(of: .connected) {
            self.init(inUse: connected, state: .connected)
        } else {
            self.init(
                inUse: states.isEmpty ? nil : 0,
                state: states.isEmpty ? .disconnected : states.contains(.connecting) ? .connecting : .error)
        }
    }

    private init(inUse: Int?, state: TunnelState) {
        self.inUse = inUse
        self.state = state
    }
}
