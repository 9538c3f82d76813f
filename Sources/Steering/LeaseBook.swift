// SPDX-License-Identifier: MIT
import Wire

/// What is written in the ledger, in flat arrays by number: an image of it can be made from a copy, which shares the memory.
///
/// Times are whole seconds of the ledger's clock, which 32 bits hold for 136 years; ends are rounded up.
struct LeaseBook: Sendable {
    /// An address owed to a route. It has an entry at least while it is in use.
    struct LeaseSlot {
        var high: UInt64
        var low: UInt64
        /// The latest end of its entries.
        var until: UInt32
        /// Until when the kernel keeps it by itself; 0: for ever.
        var kernelUntil: UInt32
        /// The first of its entries; `SlotIndex.none`: the slot is free.
        var first: UInt32
        var place: Place
        /// As its entries want it together.
        var handling: Handling
        /// Both in one byte: with two a lease would take 40 bytes instead of 32.
        private var standing: UInt8 = 0

        /// Whether the kernel has it: until it has said so, every answer commits it again.
        var isConfirmed: Bool {
            get { standing & 1 != 0 }
            set { standing = newValue ? standing | 1 : standing & ~1 }
        }

        /// Whether the kernel had it once: then it is kept, and tried again, when a renewal is refused.
        var hasStood: Bool {
            get { standing & 2 != 0 }
            set { standing = newValue ? standing | 2 : standing & ~2 }
        }

        var kind: LeaseKind { .shared }

        init(_ address: IPAddress, _ place: Place, _ handling: Handling, until: UInt32) {
            (high, low) = address.halves
            (self.until, self.place, self.handling) = (until, place, handling)
            kernelUntil = place.route == .tunnel ? 0 : until
            first = SlotIndex.none
        }

        var address: IPAddress { place.family == .v4 ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low) }
    }

    /// One owner of one lease: in the list of its lease, and in that of its name.
    struct Entry {
        var name: UInt32
        var matched: UInt32
        /// The rule's number; `Ledger.noRule` for what no rule of this run has asked for.
        var rule: Int32
        /// `SlotIndex.none`: the slot is free.
        var lease: UInt32
        var until: UInt32
        /// As its rule wants it.
        var handling: Handling
        var nextOfLease: UInt32
        var previousOfLease: UInt32
        var nextOfName: UInt32
        var previousOfName: UInt32
    }

    fileprivate(set) var leases: [LeaseSlot] = []
    fileprivate(set) var entries: [Entry] = []
    var names = NameTable()
    private var freeLeases: [UInt32] = []
    private var freeEntries: [UInt32] = []

    var leaseCount: Int { leases.count - freeLeases.count }
    var entryCount: Int { entries.count - freeEntries.count }

    func isLive(lease: UInt32) -> Bool { leases[Int(lease)].first != SlotIndex.none }
    func isLive(entry: UInt32) -> Bool { entries[Int(entry)].lease != SlotIndex.none }

    mutating func change<Result>(lease: UInt32, _ body: (inout LeaseSlot) -> Result) -> Result { body(&leases[Int(lease)]) }
    mutating func change<Result>(entry: UInt32, _ body: (inout Entry) -> Result) -> Result { body(&entries[Int(entry)]) }

    /// A lease without entries: `attach` one at once.
    mutating func makeLease(_ address: IPAddress, _ place: Place, _ handling: Handling, until: UInt32) -> UInt32 {
        let lease = LeaseSlot(address, place, handling, until: until)
        guard let slot = freeLeases.popLast() else {
            leases.appendTightly(lease)
            return UInt32(leases.count - 1)
        }
        leases[Int(slot)] = lease
        return slot
    }

    mutating func attach(_ owner: Owner, rule: Int32, handling: Handling, to lease: UInt32, until: UInt32) -> UInt32 {
        let name = names.use(owner.name)
        let matched = owner.matched == owner.name ? names.use(owner.name) : names.use(owner.matched)
        let first = leases[Int(lease)].first
        let entry = Entry(
            name: name, matched: matched, rule: rule, lease: lease, until: until, handling: handling, nextOfLease: first,
            previousOfLease: SlotIndex.none,
            nextOfName: names.head(name), previousOfName: SlotIndex.none)
        let slot = freeEntries.popLast() ?? UInt32(entries.count)
        if Int(slot) == entries.count { entries.appendTightly(entry) } else { entries[Int(slot)] = entry }
        if first != SlotIndex.none { entries[Int(first)].previousOfLease = slot }
        if entry.nextOfName != SlotIndex.none { entries[Int(entry.nextOfName)].previousOfName = slot }
        leases[Int(lease)].first = slot
        leases[Int(lease)].until = max(leases[Int(lease)].until, until)
        names.setHead(name, slot)
        names.countEntries(of: name, 1)
        return slot
    }

    /// Takes an entry out of both lists; its lease goes with the last, and keeps its end otherwise.
    mutating func detach(_ slot: UInt32) {
        let entry = entries[Int(slot)]
        if entry.nextOfLease != SlotIndex.none { entries[Int(entry.nextOfLease)].previousOfLease = entry.previousOfLease }
        if entry.nextOfName != SlotIndex.none { entries[Int(entry.nextOfName)].previousOfName = entry.previousOfName }
        if entry.previousOfLease != SlotIndex.none {
            entries[Int(entry.previousOfLease)].nextOfLease = entry.nextOfLease
        } else {
            leases[Int(entry.lease)].first = entry.nextOfLease
        }
        if entry.previousOfName != SlotIndex.none {
            entries[Int(entry.previousOfName)].nextOfName = entry.nextOfName
        } else {
            names.setHead(entry.name, entry.nextOfName)
        }
        names.countEntries(of: entry.name, -1)
        names.release(entry.matched)
        names.release(entry.name)
        entries[Int(slot)].lease = SlotIndex.none
        freeEntries.append(slot)
        if !isLive(lease: entry.lease) { freeLeases.append(entry.lease) }
    }

    /// The entries of a lease, the youngest first.
    func entries(of lease: UInt32) -> some Sequence<UInt32> {
        sequence(state: leases[Int(lease)].first) { next in
            guard next != SlotIndex.none else { return nil }
            defer { next = entries[Int(next)].nextOfLease }
            return next
        }
    }

    /// The entries of an asked name, the youngest first.
    func entries(ofName name: UInt32) -> some Sequence<UInt32> {
        sequence(state: names.head(name)) { next in
            guard next != SlotIndex.none else { return nil }
            defer { next = entries[Int(next)].nextOfName }
            return next
        }
    }

    func owner(of entry: UInt32) -> Owner { Owner(name: names[entries[Int(entry)].name], matched: names[entries[Int(entry)].matched]) }
}

/// What an element is to the kernel. Only one kind today; an address of its own for each name (198.18.0.0/15, mapped to the real one) is to come.
package enum LeaseKind: UInt8, Hashable, Sendable {
    /// The real address, which several names may share.
    case shared = 0
}

/// One set of the kernel.
struct Place: Hashable, Sendable {
    private let place: UInt8

    init(route: SteeredRoute, family: IPAddress.Family) {
        let first: UInt8 =
            switch route {
            case .tunnel: 0
            case .direct: 2
            case .lan: 4
            }
        place = first + (family == .v4 ? 0 : 1)
    }

    /// 0…5
    var number: Int { Int(place) }
    var family: IPAddress.Family { place & 1 == 0 ? .v4 : .v6 }
    var route: SteeredRoute { place < 2 ? .tunnel : place < 4 ? .direct : .lan }

    static let all = SteeredRoute.allCases.flatMap { route in IPAddress.Family.allCases.map { Place(route: route, family: $0) } }
}

extension IPAddress {
    /// An address of either family in two numbers.
    var halves: (high: UInt64, low: UInt64) {
        switch self {
        case .v4(let raw): (0, UInt64(raw))
        case .v6(let high, let low): (high, low)
        }
    }
}
