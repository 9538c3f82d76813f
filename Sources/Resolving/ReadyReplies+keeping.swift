// SPDX-License-Identifier: MIT
import Policy
import Wire

extension ReadyReplies {
    /// Keeps a reply for the next one who asks the same.
    /// - Parameters:
    ///   - ttls: where TTLs stand in it, and what they were when they began to run, at `came`.
    ///   - over: when it may not be given any more, at the latest.
    mutating func keep(
        _ reply: [UInt8], to query: Query, _ app: App, _ kind: Kind, ttls: [Answer.TTL], came: Instant, over: Instant, at now: Instant
    ) {
        let size = reply.count + ttls.count * 2
        // What is said of one connection is not for others.
        guard size <= Self.longest, query.edns?.keepalive == nil else { return }
        let hash = query.plainHash ^ app.salt
        // Ready, and too long for who asked.
        if !slots.isEmpty, case let slot = slots[seat(for: hash)], slot.hash == hash, slot.start >= floor, slot.came == came,
            slot.over > now
        {
            return
        }
        guard let start = room(for: size, at: now) else { return }
        let place = start & (ring.count - 1)
        for index in reply.indices { ring[place + index] = reply[index] }
        var name = query.question.name.bytes
        for index in 0..<query.question.name.count { ring[place + Header.size + index] = name.byte(at: index) }
        for (number, ttl) in ttls.enumerated() {
            ring.patch(ttl.seconds, at: place + Int(ttl.offset))
            ring.patch(ttl.offset, at: place + reply.count + number * 2)
        }
        let slot = Slot(
            hash: hash, start: start, came: came, over: min(over, now + Self.lifetime), size: UInt16(reply.count),
            ttls: UInt16(ttls.count), kind: kind)
        slots[seat(for: hash)] = slot
    }

    /// Where the next `size` bytes of the ring go, in one piece.
    private mutating func room(for size: Int, at now: Instant) -> Int? {
        if ring.isEmpty { grow(to: Self.least) }
        var start = written
        let left = ring.count - start & (ring.count - 1)
        if left < size { start += left }
        if start + size - floor > ring.count, ring.count < Self.most {
            // What is asked does not fit. It is asked again, and comes back.
            grow(to: ring.count * 2)
            start = written
        }
        written = start + size
        floor = max(floor, written - ring.count)
        return start
    }

    private mutating func grow(to count: Int) {
        ring = [UInt8](repeating: 0, count: count)
        slots = [Slot](repeating: Slot(), count: count / Self.bytesPerSlot)
        written = 0
        floor = 0
    }

    /// The same question's place, a free one, or the oldest's.
    private func seat(for hash: UInt64) -> Int {
        let mask = slots.count - 1
        let places = (0..<Self.probes).map { (Int(truncatingIfNeeded: hash) &+ $0) & mask }
        return places.first { slots[$0].hash == hash } ?? places.min { slots[$0].start < slots[$1].start } ?? 0
    }
}
