// SPDX-License-Identifier: MIT
import Wire

/// Why the bytes of an image are no image.
package enum ImageError: Error, Hashable, Sendable {
    /// Not begun as one.
    case foreign
    /// Of another version of the format.
    case version(UInt16)
    /// Cut off, or its sum is not that of its bytes.
    case damaged
}

/// The form of an image, version 2, all numbers little-endian:
///
///     "SLUICELS"  version: 2  targets: 2  entries: 4  boot: 16  ledger's clock: 8 (ms)  wall clock: 8 (s)
///     for each entry: kind: 1  route: 1  bytes of the address: 1 (4 or 16)  address  end by the ledger's clock: 4 (s)
///                     bytes of the name: 1  name  bytes of the matched name: 1 (0: the same)  matched name
///     for each target of a service: end: 4  bytes of the name: 1  name  bytes of the origin: 1  origin
///     sum of all before: 8
///
/// Version 1 had no targets.
private enum Format {
    static let magic = Array("SLUICELS".utf8)
    static let versions: ClosedRange<UInt16> = 1...2
    static let header = 48
}

/// What is owed at one moment, for a thread that writes it down: shares the ledger's memory, of which the ledger copies what it changes meanwhile.
package struct LeaseCopy: Sendable {
    fileprivate let leases: [LeaseBook.LeaseSlot]
    fileprivate let entries: [LeaseBook.Entry]
    fileprivate let names: NameRuns
    fileprivate let services: ServiceTargets
    fileprivate let count: Int

    /// Entries, each an address and an owner.
    package var entryCount: Int { count }

    /// The addresses of a route that are not over, in no order.
    package func addresses(of route: SteeredRoute, at now: Instant) -> [IPAddress] {
        leases.lazy.filter { $0.first != SlotIndex.none && $0.place.route == route && $0.until > now.floor }.map(\.address)
    }

    /// All of it, as bytes to be kept.
    package func image(_ clock: ImageClock) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 48 + 64)
        bytes += Format.magic
        let targets = services.all.prefix(Int(UInt16.max))
        bytes.add(Format.versions.upperBound)
        bytes.add(UInt16(targets.count))
        bytes.add(UInt32(count))
        bytes += clock.boot
        bytes.add(UInt64(bitPattern: clock.now.milliseconds))
        bytes.add(UInt64(bitPattern: clock.wall))
        for entry in entries where entry.lease != SlotIndex.none {
            let lease = leases[Int(entry.lease)]
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
            let name = names.wire(entry.name)
            bytes.append(UInt8(name.count))
            bytes += name
            if entry.matched == entry.name {
                bytes.append(0)
            } else {
                let matched = names.wire(entry.matched)
                bytes.append(UInt8(matched.count))
                bytes += matched
            }
        }
        for target in targets {
            bytes.add(target.until.ceiling)
            for name in [target.name, target.origin] {
                bytes.append(UInt8(name.count))
                var wire = name.bytes
                for place in 0..<name.count { bytes.append(wire.byte(at: place)) }
            }
        }
        bytes.add(ImageSum.of(bytes.span, bytes.count))
        return bytes
    }
}

extension Ledger {
    package var copy: LeaseCopy {
        LeaseCopy(leases: book.leases, entries: book.entries, names: book.names.runs, services: services, count: book.entryCount)
    }

    /// Everything owed, as bytes to be kept.
    package func image(_ clock: ImageClock) -> [UInt8] { copy.image(clock) }

    /// Takes in what an image holds and is not over; to be rematched with the rules of today and written into the kernel before anybody is
    /// answered. What is beyond the bounds of sets is left out and counted.
    /// - Returns: how many entries were taken in. Nothing is, if it throws.
    package mutating func restore(_ bytes: Span<UInt8>, _ clock: ImageClock) throws(ImageError) -> Int {
        var reader = ImageReader(bytes)
        guard reader.take(8) == Format.magic else { throw .foreign }
        let version: UInt16 = reader.number()
        guard Format.versions.contains(version) else { throw .version(version) }
        guard bytes.count >= Format.header + 8, ImageSum.isRight(bytes) else { throw .damaged }
        let targets: UInt16 = reader.number()
        let count: UInt32 = reader.number()
        let boot = reader.take(16)
        let written = ImageClock(
            now: Instant(milliseconds: Int64(bitPattern: reader.number())), wall: Int64(bitPattern: reader.number()), boot: boot)
        let elapsed = clock.milliseconds(since: written)
        /// When it ends by this run's clock; nil: it is over.
        func end(_ until: UInt32) -> Instant? {
            let left = Int64(until) * 1000 &- written.now.milliseconds &- elapsed
            return left > 0 ? clock.now + min(left, Int64(UInt32.max) * 1000) : nil
        }
        var restored = self
        var taken = 0
        for _ in 0..<count {
            guard let entry = reader.entry() else { throw .damaged }
            guard let until = end(entry.until)?.ceiling else { continue }
            if restored.adopt(entry.address, entry.route, entry.owner, until: until) {
                taken += 1
            } else {
                restored.counters.evictedBySet += 1
            }
        }
        for _ in 0..<(version == 1 ? 0 : targets) {
            let until: UInt32 = reader.number()
            guard let name = reader.name(), let origin = reader.name() else { throw .damaged }
            guard let end = end(until), restored.services.count < ServiceTargets.most else { continue }
            restored.services.remember([name], of: origin, until: end)
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

extension [UInt8] {
    /// Little-endian, as images have it.
    package mutating func add(_ number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
