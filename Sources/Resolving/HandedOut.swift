// SPDX-License-Identifier: MIT
import DequeModule
import Wire

/// Answers that clients hold and that no rule has steered: what a rule that comes later must be applied to. Packed, the oldest first.
package struct HandedOut {
    package struct Record {
        /// The asked name, then those it is an alias of.
        package let names: NameList
        package let addresses: [IPAddress]
        /// Until when a client may keep it by its TTL: perhaps over, since clients keep addresses longer.
        package let until: Instant

        var asked: Name? { names.first { _ in true } }
    }

    /// Where a record stands: its bytes are the names in wire form, then each address behind its count of bytes.
    private struct Head {
        let until: Instant
        /// Counted from the first byte ever written.
        let start: Int
        let names: UInt16
        let size: UInt16
    }

    /// Answers remembered, and bytes of their names and addresses (64 an answer, as measured with a browser's day), at the most.
    package static let mostAnswers = 16_384
    package static let mostBytes = 1 << 20

    private var heads: Deque<Head> = []
    private var bytes: [UInt8] = []
    /// Records that are gone, and the bytes ever written before the first of `bytes`.
    private var gone = 0
    private var base = 0
    /// Until when clients may hold answers that had to be forgotten before their time.
    package private(set) var forgottenUntil: Instant?
    package private(set) var forgotten: UInt64 = 0

    /// How long an answer is remembered after its TTL, in milliseconds: as long as it would be owed.
    private let grace: Int64

    package init(grace: Int64 = 0) { self.grace = grace }

    package var count: Int { heads.count }

    package mutating func note(_ name: Name, _ aliases: NameList, _ addresses: [IPAddress], until: Instant, at now: Instant) {
        guard until + grace > now, !addresses.isEmpty else { return }
        let names = name.count + aliases.wire.count
        let size = addresses.reduce(names) { $0 + 1 + $1.width / 8 }
        guard size < Self.mostBytes / 16 else { return forget(until) }
        let room = Self.mostBytes - size
        while let first = heads.first,
            first.until + grace <= now || heads.count >= Self.mostAnswers || base + bytes.count - first.start > room
        {
            heads.removeFirst()
            gone += 1
            if first.until > now { forget(first.until) }
        }
        dropSpent()
        heads.append(Head(until: until, start: base + bytes.count, names: UInt16(names), size: UInt16(size)))
        bytes.append(name)
        bytes += aliases.wire
        for address in addresses {
            bytes.append(UInt8(address.width / 8))
            bytes.append(address)
        }
    }

    /// Bytes of records that are gone are given up some at a time, since the others move.
    private mutating func dropSpent() {
        let spent = (heads.first?.start ?? base + bytes.count) - base
        guard spent >= Self.mostBytes / 16 else { return }
        bytes.removeFirst(spent)
        base += spent
    }

    private mutating func forget(_ until: Instant) {
        forgotten += 1
        forgottenUntil = max(until, forgottenUntil ?? until)
    }

    /// The numbers of the records, the oldest first; a record keeps its number.
    package var numbers: Range<Int> { gone..<gone + heads.count }

    /// A record that a client may still hold, or keep beyond its time; nil: it is over or gone.
    package func record(_ number: Int, at now: Instant) -> Record? {
        guard numbers.contains(number) else { return nil }
        let head = heads[number - gone]
        guard head.until + grace > now else { return nil }
        let start = head.start - base
        let end = start + Int(head.size)
        var place = start + Int(head.names)
        let names = NameList(wire: Array(bytes[start..<place]))
        var addresses: [IPAddress] = []
        while place < end {
            let next = place + 1 + Int(bytes[place])
            if let address = IPAddress(bytes: bytes[place + 1..<next]) { addresses.append(address) }
            place = next
        }
        return Record(names: names, addresses: addresses, until: head.until)
    }

    /// Those that clients may still hold, or keep beyond their time, the oldest first.
    package func forEach(at now: Instant, _ body: (Record) -> Void) {
        for number in numbers { if let record = record(number, at: now) { body(record) } }
    }
}
