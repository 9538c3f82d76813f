// SPDX-License-Identifier: MIT
import Wire

/// Which peer of one device is active, where each of them is a node (`nodes = "peers"`). It alone has AllowedIPs, so it alone can be asked anything;
/// of the others only their handshakes are known, which WireGuard renews every two minutes.
package struct PeerRotation: Hashable, Sendable {
    private struct Record: Hashable {
        /// When it was left last, since it failed.
        var failed: Instant?
        /// How long it is left alone then, in milliseconds.
        var wait: Int64
    }

    /// Place in the file.
    package private(set) var active = 0
    private var since: Instant
    private var records: [Record]
    /// Peers left since one was well.
    private var left = 0
    /// Whether any was well since the device is there.
    private var wasWell = false
    private var pause = firstPause
    private let steady: Int64
    private let trial: Int64

    /// How long a peer that was just made active may take to answer, in milliseconds, at least.
    private static let shortestTrial: Int64 = 1500
    /// After all have failed: to the next one, in milliseconds.
    private static let firstPause: Int64 = 1000
    private static let longestPause: Int64 = 15_000
    private static let longestWait: Int64 = 600_000

    /// - Parameters:
    ///   - count: at least one.
    ///   - interval: between two probes, in milliseconds.
    package init(count: Int, interval: Int64, at now: Instant) {
        steady = interval * NodeChoice.steadyIntervals
        trial = max(3 * interval, Self.shortestTrial)
        since = now
        records = Array(repeating: Record(wait: interval * NodeChoice.steadyIntervals), count: max(count, 1))
    }

    /// Takes in how the active one answers.
    /// - Parameter handshakes: of each peer the last; nil: none.
    /// - Returns: whether another is active now.
    package mutating func judge(_ condition: NodeHealth.Condition, handshakes: [Instant?], at now: Instant) -> Bool {
        switch condition {
        case .alive, .slow:
            (left, pause, wasWell) = (0, Self.firstPause, true)
            guard let preferred = (0..<active).first(where: { isBack($0, handshakes, at: now) }) else { return false }
            return activate(preferred, at: now)
        case .suspect: return false
        case .new where now - since < trial: return false
        case .new, .mute, .dead: return leave(at: now)
        }
    }

    /// Whether the active one took over from another and may still answer: until all have failed, the tunnel counts as one that carries.
    package var isOnTrial: Bool { wasWell && left > 0 && left < records.count }

    /// The device is there now: what came before says nothing.
    package mutating func begin(at now: Instant) { (since, left, pause, wasWell) = (now, 0, Self.firstPause, false) }

    /// Whether it has shaken hands since it failed, and long enough ago.
    private func isBack(_ peer: Int, _ handshakes: [Instant?], at now: Instant) -> Bool {
        guard let failed = records[peer].failed, handshakes.indices.contains(peer), let handshake = handshakes[peer] else { return false }
        return handshake > failed && now - failed >= records[peer].wait && now - handshake < TunnelMachine.handshakeLife
    }

    private mutating func leave(at now: Instant) -> Bool {
        guard records.count > 1 else { return false }
        if left >= records.count - 1 {
            guard now - since >= pause else { return false }
            pause = min(2 * pause, Self.longestPause)
        }
        // Who fails soon after one came back to it is left alone for longer.
        let isRelapse = records[active].failed != nil && now - since < 10 * records[active].wait
        records[active].wait = isRelapse ? min(2 * records[active].wait, Self.longestWait) : steady
        records[active].failed = now
        left += 1
        return activate((active + 1) % records.count, at: now)
    }

    private mutating func activate(_ peer: Int, at now: Instant) -> Bool {
        (active, since) = (peer, now)
        return true
    }
}
