// SPDX-License-Identifier: MIT
import Policy
import Wire

/// Which node is used, and why: what is known of each goes in, with the time.
///
/// From one that does not carry to one that does, at once. From a slow one only to one that is not, or that is faster by a quarter for some time.
/// Back to one that is preferred only after it was steady for some time, which doubles each time it fails soon after.
package struct NodeChoice: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        /// The first that is well.
        case order
        /// The fastest of those that are well.
        case latency
    }

    /// What is known of one node.
    package struct Node: Hashable, Sendable {
        package var state: TunnelState
        package var condition: NodeHealth.Condition
        /// Round trip in microseconds; nil: not known.
        package var latency: Int64?
        /// See `NodeHealth.steadySince`.
        package var steadySince: Instant?

        package init(
            state: TunnelState, condition: NodeHealth.Condition = .new, latency: Int64? = nil, steadySince: Instant? = nil
        ) {
            self.state = state
            self.condition = condition
            self.latency = latency
            self.steadySince = steadySince
        }
    }

    /// Why the one in use was chosen; in words, what is wrong with the one before it.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case first = "first in order"
        case fastest = "the fastest"
        /// The one before has not answered yet.
        case earliest = "the first to answer"
        case formerSlow = "was slow"
        case formerMute = "had a silent resolver"
        case formerLost = "did not carry"
    }

    /// How a node stands with one who chooses; less is better.
    private enum Grade: Int, Comparable {
        case well, slow, mute, absent

        init(_ node: Node, was former: Grade) {
            switch (node.state, node.condition) {
            case (.connected, .alive): self = .well
            case (.connected, .slow): self = .slow
            // Nothing is decided yet.
            case (.connected, .suspect): self = former
            case (.connected, .new), (.connected, .mute), (.connected, .dead): self = .mute
            case (.disconnected, _), (.connecting, _), (.disconnecting, _), (.error, _): self = .absent
            }
        }

        static func < (left: Grade, right: Grade) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Record: Hashable {
        var grade = Grade.absent
        var wasWell = false
        var latency: Int64?
        var steadySince: Instant?
        /// How long it must be steady before one goes back to it, in milliseconds; 0: it has not failed yet.
        var wait: Int64 = 0
        /// When one went back to it last.
        var returned: Instant?
        /// Since when it is faster than the one in use.
        var fasterSince: Instant?
    }

    private let mode: Mode
    /// In milliseconds.
    private let steady: Int64
    private var records: [Record] = []
    /// Place in the order of preference; nil: there are none.
    package private(set) var inUse: Int?
    package private(set) var reason = Reason.first
    /// The one before; nil: the one in use is the first.
    package private(set) var former: Int?
    /// When it was changed last; nil: never.
    package private(set) var changed: Instant?

    /// Intervals for which a node that has failed must be steady before one goes back to it.
    package static let steadyIntervals: Int64 = 30
    /// The same for one that only has to prove that it is faster, and has not failed yet.
    private static let shortIntervals: Int64 = 5
    private static let longestWait: Int64 = 600_000
    /// Microseconds by which one must be faster to be chosen for it.
    private static let least: Int64 = 5000

    /// - Parameter interval: between two probes, in milliseconds.
    package init(_ mode: Mode, interval: Int64) {
        self.mode = mode
        steady = interval * Self.steadyIntervals
    }

    /// Takes in what is known now. Returns whether another is in use than before.
    @discardableResult package mutating func choose(among nodes: [Node], at now: Instant) -> Bool {
        records += (records.count..<max(nodes.count, records.count)).map { _ in Record() }
        for index in nodes.indices { note(nodes[index], index, at: now) }
        guard !nodes.isEmpty else { return false }
        guard let current = inUse else {
            inUse = first { _ in true }
            return false
        }
        guard let (next, reason) = better(than: current, at: now) else { return false }
        if records[next].wait > 0 { records[next].returned = now }
        for index in records.indices { records[index].fasterSince = nil }
        (inUse, former, changed, self.reason) = (next, current, now, reason)
        return true
    }

    /// All that are as good as the best, in order: what is spread over several is spread over these.
    package var best: [Int] {
        let grade = records.map(\.grade).min() ?? .absent
        return records.indices.filter { records[$0].grade == grade }
    }

    /// When time alone may change the choice; nil: it cannot.
    package var due: Instant? {
        records.indices.compactMap { index in
            guard let inUse, index != inUse else { return nil }
            return [
                records[index].fasterSince.map { $0 + hold(index) },
                isPreferred(index, to: inUse) || isBetter(index, than: inUse) ? ready(index) : nil,
            ]
            .compactMap(\.self).min()
        }.min()
    }

    private mutating func note(_ node: Node, _ index: Int, at now: Instant) {
        let former = records[index].grade
        let grade = Grade(node, was: former)
        records[index].grade = grade
        if grade == .well { records[index].wasWell = true }
        records[index].latency = node.latency
        records[index].steadySince = node.steadySince
        // A device that somebody took away has not failed: it is used again as soon as it is there.
        if former == .well, [.slow, .mute, .dead].contains(node.condition) {
            // One that has held for ten times as long as it had to is forgiven.
            let isRelapse = records[index].returned.map { now - $0 < 10 * records[index].wait } ?? false
            records[index].wait = isRelapse ? min(2 * records[index].wait, Self.longestWait) : steady
            records[index].returned = nil
        }
        if let inUse, index != inUse, isFaster(index, than: inUse) {
            records[index].fasterSince = records[index].fasterSince ?? now
        } else {
            records[index].fasterSince = nil
        }
    }

    private func better(than current: Int, at now: Instant) -> (Int, Reason)? {
        let own = records[current].grade
        func isReady(_ index: Int) -> Bool { ready(index).map { $0 <= now } ?? false }
        switch own {
        case .mute, .absent:
            let best = first(where: { _ in true })
            if let best, records[best].grade < own {
                return (best, own == .mute ? .formerMute : records[current].wasWell ? .formerLost : .earliest)
            }
        // It carries: who has failed lately must prove himself first.
        case .slow: if let best = first(where: { records[$0].grade < own && isReady($0) }) { return (best, .formerSlow) }
        case .well: if let preferred = first(where: { isPreferred($0, to: current) && isReady($0) }) { return (preferred, .first) }
        }
        let faster = records.indices.filter { index in
            index != current && records[index].fasterSince.map { $0 + hold(index) <= now } ?? false
        }
        return faster.min { records[$0].latency ?? .max < records[$1].latency ?? .max }.map { ($0, own == .slow ? .formerSlow : .fastest) }
    }

    /// The best by grade; of equals the first, or the fastest where that counts.
    private func first(where condition: (Int) -> Bool) -> Int? {
        records.indices.filter(condition).min { left, right in
            let (one, other) = (records[left], records[right])
            guard one.grade == other.grade else { return one.grade < other.grade }
            let countsLatency = one.grade == .slow || one.grade == .well && mode == .latency
            return countsLatency ? one.latency ?? .max < other.latency ?? .max : false
        }
    }

    private func isPreferred(_ index: Int, to current: Int) -> Bool {
        mode == .order && index < current && records[index].grade == .well && records[current].grade == .well
    }

    /// Than a slow one.
    private func isBetter(_ index: Int, than current: Int) -> Bool { records[current].grade == .slow && records[index].grade == .well }

    /// When one may go back to a node that is well.
    private func ready(_ index: Int) -> Instant? { records[index].steadySince.map { $0 + records[index].wait } }

    /// Of two slow ones, and of two that are well where latency counts.
    private func isFaster(_ index: Int, than current: Int) -> Bool {
        guard records[index].grade == records[current].grade, let one = records[index].latency, let other = records[current].latency else {
            return false
        }
        let counts = records[current].grade == .slow || records[current].grade == .well && mode == .latency
        return counts && other - one >= Self.least && one * 4 < other * 3
    }

    private func hold(_ index: Int) -> Int64 { records[index].wait == 0 ? steady / Self.steadyIntervals * Self.shortIntervals : steady }
}
