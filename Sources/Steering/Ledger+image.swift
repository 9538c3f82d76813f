// SPDX-License-Identifier: MIT
import Wire

/// The moment an image is made or read, by the clocks that can tell how long ago it was.
package struct ImageClock: Hashable, Sendable {
    /// The ledger's clock.
    package var now: Instant
    /// Seconds since 1970, as the machine believes.
    package var wall: Int64
    /// The kernel's name of this boot, 16 bytes: while it is the same, the ledger's clock has run on and nobody has set it.
    package var boot: [UInt8]

    package init(now: Instant, wall: Int64, boot: [UInt8]) {
        self.now = now
        self.wall = wall
        self.boot = Array((boot + Array(repeating: 0, count: 16)).prefix(16))
    }

    /// Milliseconds from `earlier` until now, never fewer than none.
    ///
    /// Within one boot the ledger's clock knows, whatever was done to the other. Over a boot the wall clock must do; of one that stands before
    /// 2020 then or now only the time since the boot is believed, since a machine without a battery begins in 1970 and finds the date later.
    func milliseconds(since earlier: ImageClock) -> Int64 {
        if boot == earlier.boot { return max(0, now.milliseconds &- earlier.now.milliseconds) }
        let sinceBoot = max(0, now.milliseconds)
        guard (Self.plausible...Self.horizon).contains(wall), (Self.plausible...Self.horizon).contains(earlier.wall) else {
            return sinceBoot
        }
        return max(sinceBoot, (wall - earlier.wall) * 1000)
    }

    /// 2020-01-01, and the end of 2^32 seconds.
    private static let plausible: Int64 = 1_577_836_800
    private static let horizon: Int64 = 4_294_967_295
}

/// Why the bytes of an image are no image.
package enum ImageError: Error, Hashable, Sendable {
    /// Not begun as one.
    case foreign
    /// Of another version of the format.
    case version(UInt16)
    /// Cut off, or its sum is not that of its bytes.
    case damaged
}

/// The form of an image, version 1, all numbers little-endian:
///
///     "SLUICELS"  version: 2  nothing: 2  entries: 4  boot: 16  ledger's clock: 8 (ms)  wall clock: 8 (s)
///     for each entry: kind: 1  route: 1  bytes of the address: 1 (4 or 16)  address  end by the ledger's clock: 4 (s)
///                     bytes of the name: 1  name  bytes of the matched name: 1 (0: the same)  matched name
///     sum of all before: 8
private enum Format {
    static let magic = Array("SLUICELS".utf8)
    static let version: UInt16 = 1
    static let header = 48

    /// Eight bytes a step, FNV-1a's way: against damage, not against malice, since the folder is root's.
    static func sum(_ bytes: Span<UInt8>, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        var index = 0
        while index < count {
            var word: UInt64 = 0
            var shift: UInt64 = 0
            while shift < 64, index < count {
                word |= UInt64(bytes[index]) << shift
                shift += 8
                index += 1
            }
            sum = (sum ^ word) &* 0x100_0000_01B3
            sum ^= sum >> 29
        }
        return sum
    }
}

extension Ledger {
    /// Everything owed, as bytes to be kept. Made from a copy of the ledger it costs the one who answers nothing but the copying of what he
    /// changes meanwhile.
    package func image(_ clock: ImageClock) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(book.entryCount * 48 + 64)
        bytes += Format.magic
        bytes.add(Format.version)
        bytes.add(UInt16(0))
        bytes.add(UInt32(book.entryCount))
        bytes += clock.boot
        bytes.add(UInt64(bitPattern: clock.now.milliseconds))
        bytes.add(UInt64(bitPattern: clock.wall))
        for entry in book.entries where entry.lease != SlotIndex.none {
            let lease = book.leases[Int(entry.lease)]
            bytes.append(lease.kind.rawValue)
            bytes.append(UInt8(lease.place.route.number))
            switch lease.place.family {
            case .v4:
                bytes.append(4)
                bytes.add(UInt32(truncatingIfNeeded: lease.low).bigEndian)
            case .v6:
                bytes.append(16)
                bytes.add(lease.high.bigEndian)
                bytes.add(lease.low.bigEndian)
            }
            bytes.add(entry.until)
            let name = book.names.runs.wire(entry.name)
            bytes.append(UInt8(name.count))
            bytes += name
            if entry.matched == entry.name {
                bytes.append(0)
            } else {
                let matched = book.names.runs.wire(entry.matched)
                bytes.append(UInt8(matched.count))
                bytes += matched
            }
        }
        bytes.add(Format.sum(bytes.span, bytes.count))
        return bytes
    }

    /// Takes in what an image holds and is not over; to be rematched with the rules of today and written into the kernel before anybody is
    /// answered. What is beyond the bounds of sets is left out and counted.
    /// - Returns: how many entries were taken in. Nothing is, if it throws.
    package mutating func restore(_ bytes: Span<UInt8>, _ clock: ImageClock) throws(ImageError) -> Int {
        var reader = ImageReader(bytes)
        guard reader.take(8) == Format.magic else { throw .foreign }
        let version: UInt16 = reader.number()
        guard version == Format.version else { throw .version(version) }
        guard bytes.count >= Format.header + 8 else { throw .damaged }
        var end = ImageReader(bytes)
        end.offset = bytes.count - 8
        guard end.number() == Format.sum(bytes, bytes.count - 8) else { throw .damaged }
        let _: UInt16 = reader.number()
        let count: UInt32 = reader.number()
        let boot = reader.take(16)
        let written = ImageClock(
            now: Instant(milliseconds: Int64(bitPattern: reader.number())), wall: Int64(bitPattern: reader.number()), boot: boot)
        let elapsed = clock.milliseconds(since: written)
        var restored = self
        var taken = 0
        for _ in 0..<count {
            guard let entry = reader.entry() else { throw .damaged }
            let left = Int64(entry.until) * 1000 &- written.now.milliseconds &- elapsed
            guard left > 0 else { continue }
            let until = (clock.now + min(left, Int64(UInt32.max) * 1000)).ceiling
            if restored.adopt(entry.address, entry.route, entry.owner, until: until) {
                taken += 1
            } else {
                restored.counters.evictedBySet += 1
            }
        }
        guard reader.offset == bytes.count - 8, !reader.isShort else { throw .damaged }
        self = restored
        return taken
    }

    /// Takes over what a former run left in the kernel: nobody knows any more whom it was owed to, so it stays for a grace.
    package mutating func adopt(_ addresses: [IPAddress], to route: SteeredRoute, at now: Instant) {
        let until = (now + max(Self.shortest, grace)).ceiling
        for address in addresses where find(address, Place(route: route, family: address.family)) == nil {
            if !adopt(address, route, .unknown, until: until) { counters.evictedBySet += 1 }
        }
    }

    /// False: no room.
    private mutating func adopt(_ address: IPAddress, _ route: SteeredRoute, _ owner: Owner, until: UInt32) -> Bool {
        let place = Place(route: route, family: address.family)
        guard book.entryCount < bounds.total else { return false }
        if let lease = find(address, place) {
            if let entry = find(owner, on: lease) {
                extend(entry, until: until)
            } else {
                attach(owner, rule: Self.noRule, to: lease, until: until)
            }
            book.change(lease: lease) { if $0.kernelUntil != 0 { $0.kernelUntil = $0.until } }
            return true
        }
        guard counts[place.number] < bounds.perSet else { return false }
        let lease = makeLease(address, place, owner, rule: Self.noRule, until: until)
        // The table is built with it, before the first answer.
        book.change(lease: lease) { ($0.isConfirmed, $0.hasStood) = (true, true) }
        return true
    }
}

/// Reads from bytes that anybody may have written: what is not there reads as 0, and is remembered.
private struct ImageReader: ~Escapable {
    private let bytes: Span<UInt8>
    var offset = 0
    private(set) var isShort = false

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    @_lifetime(self: copy self)
    mutating func take(_ count: Int) -> [UInt8] {
        guard count <= bytes.count - offset else {
            isShort = true
            return Array(repeating: 0, count: count)
        }
        defer { offset += count }
        return (offset..<offset + count).map { bytes[$0] }
    }

    @_lifetime(self: copy self)
    mutating func number<Number: FixedWidthInteger & UnsignedInteger>() -> Number {
        let width = Number.bitWidth / 8
        guard width <= bytes.count - offset else {
            isShort = true
            return 0
        }
        defer { offset += width }
        var number: Number = 0
        for index in 0..<width { number |= Number(bytes[offset + index]) << (index * 8) }
        return number
    }

    struct Entry {
        let address: IPAddress
        let route: SteeredRoute
        let owner: Owner
        let until: UInt32
    }

    /// Nil: no entry of this version.
    @_lifetime(self: copy self)
    mutating func entry() -> Entry? {
        let kind: UInt8 = number()
        let number: UInt8 = number()
        let width: UInt8 = self.number()
        guard LeaseKind(rawValue: kind) != nil, let route = SteeredRoute(number: Int(number)), width == 4 || width == 16,
            let address = IPAddress(bytes: take(Int(width)))
        else { return nil }
        let until: UInt32 = self.number()
        guard let name = name() else { return nil }
        var matched = name
        if offset < bytes.count, bytes[offset] == 0 {
            offset += 1
        } else {
            guard let other = self.name() else { return nil }
            matched = other
        }
        return isShort ? nil : Entry(address: address, route: route, owner: Owner(name: name, matched: matched), until: until)
    }

    @_lifetime(self: copy self)
    private mutating func name() -> Name? {
        let count: UInt8 = number()
        let wire = take(Int(count))
        var name = Name()
        var offset = 0
        while offset < wire.count, wire[offset] != 0 {
            let length = Int(wire[offset])
            guard length < wire.count - offset, name.append(label: length, { wire[offset + 1 + $0] }) else { return nil }
            offset += length + 1
        }
        return !isShort && name.count == wire.count ? name : nil
    }
}

extension [UInt8] {
    fileprivate mutating func add(_ number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}

extension SteeredRoute {
    /// As images know it: never to change.
    fileprivate var number: Int {
        switch self {
        case .tunnel: 0
        case .direct: 1
        case .lan: 2
        }
    }

    fileprivate init?(number: Int) {
        guard let route = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = route
    }
}
