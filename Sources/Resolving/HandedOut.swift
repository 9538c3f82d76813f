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
    }

    private struct Head {
        let until: Instant
        let names: Int
        let addresses: [IPAddress.Family]
        var size: Int { names + addresses.reduce(0) { $0 + ($1 == .v4 ? 4 : 16) } }
    }

    /// Answers remembered, and bytes of their names and addresses (64 an answer, as measured with a browser's day), at the most.
    package static let mostAnswers = 16_384
    package static let mostBytes = 1 << 20

    private var heads: Deque<Head> = []
    private var bytes: Deque<UInt8> = []
    /// Until when clients may hold answers that had to be forgotten before their time.
    package private(set) var forgottenUntil: Instant?
    package private(set) var forgotten: UInt64 = 0

    /// How long an answer is remembered after its TTL, in milliseconds: as long as it would be owed.
    private let grace: Int64

    package init(grace: Int64 = 0) { self.grace = grace }

    package var count: Int { heads.count }

    package mutating func note(_ name: Name, _ aliases: NameList, _ addresses: [IPAddress], until: Instant, at now: Instant) {
        guard until + grace > now, !addresses.isEmpty else { return }
        let names = NameList(CollectionOfOne(name)).wire + aliases.wire
        let head = Head(until: until, names: names.count, addresses: addresses.map(\.family))
        guard head.size <= Self.mostBytes / 16 else { return forget(until) }
        while let first = heads.first,
            first.until + grace <= now || heads.count >= Self.mostAnswers || bytes.count + head.size > Self.mostBytes
        {
            heads.removeFirst()
            bytes.removeFirst(first.size)
            if first.until > now { forget(first.until) }
        }
        heads.append(head)
        bytes.append(contentsOf: names)
        for address in addresses { bytes.append(contentsOf: address.bytes) }
    }

    private mutating func forget(_ until: Instant) {
        forgotten += 1
        forgottenUntil = max(until, forgottenUntil ?? until)
    }

    /// Those that clients may still hold, or keep beyond their time, the oldest first.
    package func forEach(at now: Instant, _ body: (Record) -> Void) {
        var offset = 0
        for head in heads {
            defer { offset += head.size }
            guard head.until + grace > now else { continue }
            var place = offset + head.names
            let addresses = head.addresses.compactMap { family in
                let size = family == .v4 ? 4 : 16
                defer { place += size }
                return IPAddress(bytes: bytes[place..<place + size])
            }
            body(Record(names: NameList(wire: bytes[offset..<offset + head.names]), addresses: addresses, until: head.until))
        }
    }
}
