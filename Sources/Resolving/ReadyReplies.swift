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
        let hash = Self.hash(packet, query, app)
        let mask = slots.count - 1
        for probe in 0..<Self.probes {
            let slot = slots[(Int(truncatingIfNeeded: hash) &+ probe) & mask]
            guard slot.hash == hash, slot.start >= floor else { continue }
            let place = slot.start & (ring.count - 1)
            guard slot.over > now, Int(slot.size) <= min(limit, room.count), fits(packet, query, at: place) else { return nil }
            write(slot, at: place, as: packet, query, age: now.seconds(since: slot.came), into: &room)
            return (Int(slot.size), slot.kind)
        }
        return nil
    }

    /// Whether the reply there is one to this name, type and class; the hash alone is no proof.
    private func fits(_ packet: Span<UInt8>, _ query: PlainQuery, at place: Int) -> Bool {
        let bytes = unsafe ring.span.bytes
        let length = query.nameEnd - Header.size
        let start = place + Header.size
        var index = 0
        while index + 8 <= length {
            let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + index, as: UInt64.self))
            guard word == query.word(at: index, of: packet) else { return false }
            index += 8
        }
        if index < length {
            // Type and class follow the name, so that no ring ends here.
            let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + length - 8, as: UInt64.self))
            guard word >> UInt64((8 - (length - index)) * 8) == query.word(at: index, of: packet) else { return false }
        }
        let typeAndClass = unsafe UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start + length, as: UInt32.self))
        return typeAndClass == query.typeAndClass(of: packet)
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

    /// Keyed for each process: names come from the network.
    private static func hash(_ packet: Span<UInt8>, _ query: PlainQuery, _ app: App) -> UInt64 {
        var hasher = Hasher()
        let length = query.nameEnd - Header.size
        for index in stride(from: 0, to: length, by: 8) { hasher.combine(query.word(at: index, of: packet)) }
        return finish(&hasher, query.typeAndClass(of: packet), query.traits, app)
    }

    static func finish(_ hasher: inout Hasher, _ typeAndClass: UInt32, _ traits: PlainQuery.Traits, _ app: App) -> UInt64 {
        hasher.combine(UInt64(typeAndClass) << 32 | UInt64(traits.rawValue) << 8 | app.number)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

extension App {
    fileprivate var number: UInt64 {
        switch self {
        case .normal: 0
        case .excluded: 1
        case .tunneled: 2
        }
    }
}
