// SPDX-License-Identifier: MIT

/// How long a node's probes took, in microseconds, and how many were lost.
package struct RoundTrips: Hashable, Sendable {
    /// What is kept, probes.
    package static let most = 100

    /// The last ones, from `next` on the oldest; nil: lost.
    private var kept: [Int64?] = []
    private var next = 0
    private var smoothed: Int64 = 0
    private var variation: Int64 = 0
    /// The last one answered; nil: none yet.
    package private(set) var latest: Int64?

    package init() {}

    /// How many are kept.
    package var count: Int { kept.count }
    package var answered: Int { kept.count { $0 != nil } }
    /// The shortest and the longest; nil: none was answered.
    package var shortest: Int64? { kept.compactMap(\.self).min() }
    package var longest: Int64? { kept.compactMap(\.self).max() }

    package mutating func add(_ microseconds: Int64?) {
        if kept.count < Self.most { kept.append(microseconds) } else { kept[next] = microseconds }
        next = (next + 1) % Self.most
        guard let microseconds else { return }
        if latest == nil {
            (smoothed, variation) = (microseconds, microseconds / 2)
        } else {
            variation = (3 * variation + abs(smoothed - microseconds)) / 4
            smoothed = (7 * smoothed + microseconds) / 8
        }
        latest = microseconds
    }

    /// How long one may take, in milliseconds, before it is late: RFC 6298 section 2, without its floor; nil: none was answered yet.
    package var timeout: Int64? { latest.map { _ in (smoothed + 4 * variation + 999) / 1000 } }

    /// The middle one of the last `count` that were answered; nil: fewer were.
    package func median(ofLast count: Int) -> Int64? {
        let answered = ordered.compactMap(\.self).suffix(count)
        return answered.count < count ? nil : answered.sorted()[count / 2]
    }

    /// What 99 of 100 did not exceed, and half of them; nil: none was answered.
    package var p99: Int64? { percentile(99) }
    package var p50: Int64? { percentile(50) }

    /// The share of probes without an answer, 0 to 1; nil: nothing is known yet.
    package var loss: Double? { kept.isEmpty ? nil : Double(kept.count { $0 == nil }) / Double(kept.count) }

    private var ordered: [Int64?] { kept.count < Self.most ? kept : Array(kept[next...] + kept[..<next]) }

    private func percentile(_ percent: Int) -> Int64? {
        let answered = kept.compactMap(\.self).sorted()
        return answered.isEmpty ? nil : answered[(answered.count * percent + 99) / 100 - 1]
    }
}
