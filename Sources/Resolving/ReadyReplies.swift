// SPDX-License-Identifier: MIT
import Policy
import Wire

/// Replies that may be given again as they are, but for the id, the spelling of the name, and how much of their TTLs is left: what was decided,
/// found and owed for the question holds for the next one who asks, until anything it depends on changes.
///
/// A ring of bytes, the oldest overwritten, and a table of where each reply stands in it. Both grow with what is asked again and again. To find a
/// reply costs no allocation and no reference count.
package struct ReadyReplies {
    /// What a reply counts as.
    package enum Kind: UInt8, Sendable { case cached, byAlias, blocked, local }

    struct Slot {
        var hash: UInt64 = 0
        /// Counted from the first byte ever written into the ring; what stands before `floor` is gone.
        var start = -1
        /// When the TTLs began to run, and when the reply may not be given any more.
        var came = Instant(milliseconds: 0)
        var over = Instant(milliseconds: 0)
        var size: UInt16 = 0
        /// How many TTLs it has. Where they stand follows the reply in the ring, two bytes each.
        var ttls: UInt16 = 0
        var kind = Kind.cached
    }

    /// Bytes of the ring at first, and at the most: with its table, of 40 bytes a place, some 5 MB.
    static let least = 1 << 16
    static let most = 1 << 21
    /// A reply takes 70 bytes and more, so that the table is never more than half full.
    static let bytesPerSlot = 32
    /// Places looked at for one question.
    static let probes = 4
    /// Longer replies are not kept ready.
    static let longest = 1232
    /// So that what is asked often is seen as used where answers are kept, and nothing stays for long that should have gone, in milliseconds.
    static let lifetime: Int64 = 60_000

    var ring: [UInt8] = []
    var slots: [Slot] = []
    var written = 0
    var floor = 0

    /// Nothing kept holds any more.
    mutating func forget() { floor = written }

    /// Writes the reply to a question into `room`; nil: none is ready.
    /// - Parameter limit: bytes of the longest reply.
    /// - Returns: its bytes, and what it counts as.
    mutating func reply(
        to packet: Span<UInt8>, _ query: PlainQuery, _ app: App, limit: Int, at now: Instant, into room: inout MutableSpan<UInt8>
    ) -> (size: Int, kind: Kind)? {
        guard floor < written else { return nil }
        let hash = query.hash ^ app.salt
        let mask = slots.count - 1
        for probe in 0..<Self.probes {
            let slot = slots[(Int(truncatingIfNeeded: hash) &+ probe) & mask]
            guard slot.hash == hash, slot.start >= floor else { continue }
            let place = slot.start & (ring.count - 1)
            guard slot.over > now, Int(slot.size) <= min(limit, room.count),
                query.isAsked(by: packet, in: ring.span, at: place + Header.size)
            else {
                return nil
            }
            write(slot, at: place, as: packet, query, age: now.seconds(since: slot.came), into: &room)
            return (Int(slot.size), slot.kind)
        }
        return nil
    }

    private func write(
        _ slot: Slot, at place: Int, as packet: Span<UInt8>, _ query: PlainQuery, age: UInt32, into room: inout MutableSpan<UInt8>
    ) {
        let size = Int(slot.size)
        let bytes = ring.span
        unsafe room.withUnsafeMutableBytes { room in
            unsafe bytes.withUnsafeBytes { unsafe room.baseAddress!.copyMemory(from: $0.baseAddress! + place, byteCount: size) }
            unsafe packet.withUnsafeBytes { packet in
                unsafe room.baseAddress!.copyMemory(from: packet.baseAddress!, byteCount: 2)
                // Its spelling: what follows, type and class, is the same.
                unsafe (room.baseAddress! + Header.size).copyMemory(
                    from: packet.baseAddress! + Header.size, byteCount: query.nameEnd - Header.size)
            }
        }
        guard age > 0 else { return }
        for index in 0..<Int(slot.ttls) {
            let entry = place + size + index * 2
            let offset = Int(bytes[entry]) << 8 | Int(bytes[entry + 1])
            var seconds: UInt32 = 0
            for byte in 0..<4 { seconds = seconds << 8 | UInt32(bytes[place + offset + byte]) }
            seconds = seconds.subtractingClamped(age)
            for byte in 0..<4 { room[offset + byte] = UInt8(truncatingIfNeeded: seconds >> UInt32(24 - byte * 8)) }
        }
    }
}

extension App {
    /// So that one class of apps does not find what another was given.
    var salt: UInt64 {
        switch self {
        case .normal: 0
        case .excluded: 0x9E37_79B9_7F4A_7C15
        case .tunneled: 0xC2B2_AE3D_27D4_EB4F
        }
    }
}
