// SPDX-License-Identifier: MIT
import Policy
import Wire

/// The life of one tunnel: facts and time in, what to do out.
package struct TunnelMachine: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        /// No device, or one that is down. `retry` is when to bring it up again, `wait` how long the try after that waits, in milliseconds.
        case absent(retry: Instant, wait: Int64)
        /// The device is up; the other side has not been heard of since.
        case connecting(since: Instant)
        case connected
        /// The device is up, the other side silent.
        case dead
    }

    /// What was seen of a tunnel.
    package struct Facts: Hashable, Sendable {
        package var isUp: Bool
        /// When the last handshake was; nil: never.
        package var handshake: Instant?
        package var condition: NodeHealth.Condition

        package init(isUp: Bool = false, handshake: Instant? = nil, condition: NodeHealth.Condition = .new) {
            self.isUp = isUp
            self.handshake = handshake
            self.condition = condition
        }
    }

    package enum Action: Hashable, Sendable {
        case none
        /// Make the device and configure it.
        case bringUp
    }

    /// WireGuard gives a session up this long after its handshake (its paper's Reject-After-Time), in milliseconds.
    package static let handshakeLife: Int64 = 180_000
    /// How long a device may stay unheard of before it counts as dead, in milliseconds.
    package static let patience: Int64 = 10_000
    private static let firstWait: Int64 = 250
    private static let longestWait: Int64 = 15_000

    package private(set) var phase: Phase
    /// Whether the device was ever up: before that, its absence is no error.
    private var wasUp = false

    package init(at now: Instant) {
        phase = .absent(retry: now, wait: Self.firstWait)
    }

    package mutating func observe(_ facts: Facts, at now: Instant) -> Action {
        guard facts.isUp else { return lost(at: now) }
        wasUp = true
        switch phase {
        case _ where isAlive(facts, at: now): phase = .connected
        case .absent: phase = .connecting(since: now)
        case .connecting(let since): if now - since >= Self.patience { phase = .dead }
        case .connected: phase = .dead
        case .dead: break
        }
        return .none
    }

    private func isAlive(_ facts: Facts, at now: Instant) -> Bool {
        switch facts.condition {
        case .alive, .slow, .suspect, .mute: true
        // Whoever has never answered a probe may carry nevertheless.
        case .new: facts.handshake.map { now - $0 < Self.handshakeLife } ?? false
        case .dead: false
        }
    }

    private mutating func lost(at now: Instant) -> Action {
        guard case .absent(let retry, let wait) = phase else {
            // Somebody took it away. The first try waits a little: whoever did it may be about to put it back.
            phase = .absent(retry: now + Self.firstWait, wait: Self.firstWait * 2)
            return .none
        }
        guard now >= retry else { return .none }
        phase = .absent(retry: now + wait, wait: min(wait * 2, Self.longestWait))
        return .bringUp
    }

    /// Begins anew, after `down`: what was known of the device counts no more, and its absence is no error.
    package mutating func release(at now: Instant) {
        phase = .absent(retry: now, wait: Self.firstWait)
        wasUp = false
    }

    /// What this tunnel alone is.
    package var state: TunnelState {
        switch phase {
        case .absent: wasUp ? .error : .connecting
        case .connecting: .connecting
        case .connected: .connected
        case .dead: .error
        }
    }
}
