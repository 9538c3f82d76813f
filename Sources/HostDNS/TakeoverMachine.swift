// SPDX-License-Identifier: MIT
import Wire

/// Holds resolv.conf against others, a bounded number of times. A pure machine: what was seen and the time go in, what to do comes out.
package struct TakeoverMachine: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Not ours, and not to be.
        case idle
        case holding
        /// Somebody changed it; put again when this moment has come.
        case disturbed(until: Instant)
        /// Put again too often: given up, until `activate` or the other one's silence makes it ours.
        case contested(since: Instant)
    }

    package enum Action: Hashable, Sendable {
        case none
        /// Call `Takeover.take()`: it absorbs what is there.
        case takeAgain
        /// To be said once: another program wants the file as much as we do.
        case report
    }

    /// So many times in a window are put right; Tailscale's numbers are 10 in 5 s, too short to catch one who writes every second.
    package static let most = 10
    package static let window: Int64 = 60_000
    /// A DHCP client removes, writes and renames in one go: milliseconds from the last change until we answer, and at most from the first.
    static let settle: Int64 = 200
    static let longestSettle: Int64 = 1_000

    package private(set) var state = State.idle
    /// Changes by others that were seen, and how often the file was put again, since the start.
    package private(set) var changes = 0
    package private(set) var repairs = 0
    private var recent: [Instant] = []
    private var disturbedSince: Instant?

    package init() {}

    /// What was seen, after a change or at a tick: `Takeover.standing`.
    package mutating func saw(_ hold: Hold, wished: Bool, at now: Instant) -> Action {
        guard wished else {
            state = .idle
            disturbedSince = nil
            recent = []
            return .none
        }
        switch hold {
        case .ours(exact: true), .unrecorded:
            // Ours while we had given up: the one who did it is `activate`, which is a new wish.
            if case .contested = state { recent = [] }
            state = .holding
            disturbedSince = nil
            return .none
        case .ours(exact: false), .foreign, .original, .none: return disturbed(at: now)
        }
    }

    /// When `tick` is due, if nothing else happens.
    package var due: Instant? {
        guard case .disturbed(let until) = state else { return nil }
        return until
    }

    package mutating func tick(at now: Instant) -> Action {
        guard case .disturbed(let until) = state, until <= now else { return .none }
        recent.removeAll { now - $0 > Self.window }
        disturbedSince = nil
        guard recent.count < Self.most else {
            state = .contested(since: now)
            return .report
        }
        recent.append(now)
        repairs += 1
        state = .holding
        return .takeAgain
    }

    /// `take()` failed: it is tried again a little later, within the same bounds.
    package mutating func failed(at now: Instant) {
        guard case .holding = state else { return }
        state = .disturbed(until: now + Self.longestSettle)
    }

    private mutating func disturbed(at now: Instant) -> Action {
        switch state {
        case .contested: return .none
        case .idle, .holding:
            changes += 1
            disturbedSince = now
            state = .disturbed(until: now + Self.settle)
        case .disturbed:
            let latest = (disturbedSince ?? now) + Self.longestSettle
            state = .disturbed(until: min(now + Self.settle, latest))
        }
        return .none
    }
}
