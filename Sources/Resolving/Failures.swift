// SPDX-License-Identifier: MIT
import Wire

/// Questions that could not be answered lately: the same are told so at once, and nobody is asked again before its time (RFC 9520 section 3.2).
struct Failures {
    struct Failure {
        let code: ResponseCode
        let error: ExtendedError?
        /// Whether no server answered.
        let isSilence: Bool
    }

    private struct Slot {
        let failure: Failure
        let until: Instant
        let times: Int64
    }

    private var slots: [Cache.Key: Slot] = [:]
    /// Before this, it is not worth looking for what is over.
    private var sweepDue = Instant(milliseconds: 0)

    /// How long the first one is kept, doubled with each that follows, up to the longest, in milliseconds: RFC 9520 wants one second to five minutes.
    static let first: Int64 = 1000
    static let longest: Int64 = 60_000
    static let most = 4096

    func find(_ key: Cache.Key, at now: Instant) -> Failure? {
        guard let slot = slots[key], slot.until > now else { return nil }
        return slot.failure
    }

    mutating func note(_ failure: Failure, for key: Cache.Key, at now: Instant) {
        // One after a time in which nobody asked is the first again.
        let former = slots[key].flatMap { $0.until + Self.longest > now ? $0 : nil }
        let times = former.map { min($0.times + 1, 6) } ?? 0
        if slots.count >= Self.most, slots[key] == nil {
            // While there is no room, the new one is asked again too early: no more than that.
            guard sweepDue <= now else { return }
            sweepDue = now + Self.first
            slots = slots.filter { $0.value.until > now }
            if slots.count >= Self.most { return }
        }
        slots[key] = Slot(failure: failure, until: now + min(Self.first << times, Self.longest), times: times)
    }

    /// A server of that partition answers again: what nobody answered may be asked.
    mutating func endSilence(in partition: Int) { slots = slots.filter { $0.key.partition != partition || !$0.value.failure.isSilence } }

    /// It was answered.
    mutating func end(_ key: Cache.Key) { if !slots.isEmpty { slots[key] = nil } }
    mutating func end(atOrBelow name: Name) { slots = slots.filter { !$0.key.question.name.isAtOrBelow(name) } }
    mutating func endAll() { slots.removeAll() }
}
