// SPDX-License-Identifier: MIT
import HeapModule
import Wire

/// Entries and leases come and go here, and what finds and counts them with them.
extension Ledger {
    func find(_ address: IPAddress, _ place: Place) -> UInt32? {
        let (high, low) = address.halves
        return leaseIndex.find(Self.hash(high, low, place)) { slot in
            let lease = book.leases[Int(slot)]
            return lease.low == low && lease.high == high && lease.place == place
        }
    }

    func find(_ owner: Owner, on lease: UInt32) -> UInt32? {
        guard let name = book.names.find(owner.name) else { return nil }
        guard let matched = owner.matched == owner.name ? name : book.names.find(owner.matched) else { return nil }
        return entryIndex.find(Self.hash(lease, name, matched)) { slot in
            let entry = book.entries[Int(slot)]
            return entry.lease == lease && entry.name == name && entry.matched == matched
        }
    }

    /// A new lease with its first owner.
    mutating func makeLease(
        _ address: IPAddress, _ place: Place, _ owner: Owner, rule: Int32, handling: Handling = .usual, until: UInt32
    ) -> UInt32 {
        let lease = book.makeLease(address, place, handling, until: until)
        attach(owner, rule: rule, handling: handling, to: lease, until: until)
        counts[place.number] += 1
        index(lease: lease)
        return lease
    }

    mutating func attach(_ owner: Owner, rule: Int32, handling: Handling = .usual, to lease: UInt32, until: UInt32) {
        let slot = book.attach(owner, rule: rule, handling: handling, to: lease, until: until)
        index(entry: slot)
        count(rule, 1)
        // What was evicted leaves its end behind; often enough, the ends are made anew.
        if ends.count > 2 * book.entryCount + 1024 {
            let live = book.entries.indices.filter { book.isLive(entry: UInt32($0)) }
            ends = Heap(live.map { End(until: book.entries[$0].until, entry: UInt32($0)) })
        } else {
            if ends.count >= endRoom {
                endRoom = ends.count + ends.count / 5 + 64
                ends.reserveCapacity(endRoom)
            }
            ends.insert(End(until: until, entry: slot))
        }
        revision &+= 1
    }

    mutating func extend(_ entry: UInt32, until: UInt32, rule: Int32? = nil, handling: Handling? = nil) {
        let (lease, former) = book.change(entry: entry) { entry in
            defer {
                entry.until = max(entry.until, until)
                entry.rule = rule ?? entry.rule
                entry.handling = handling ?? entry.handling
            }
            return (entry.lease, entry.rule)
        }
        book.change(lease: lease) { $0.until = max($0.until, until) }
        extensions &+= 1
        guard let rule, rule != former else { return }
        count(former, -1)
        count(rule, 1)
    }

    /// Takes an entry out; the lease goes with its last.
    /// - Returns: what is to be taken out of the kernel.
    mutating func detach(_ slot: UInt32) -> SetChange? {
        let entry = book.entries[Int(slot)]
        let lease = book.leases[Int(entry.lease)]
        let isLast = entry.previousOfLease == SlotIndex.none && entry.nextOfLease == SlotIndex.none
        remove(entry: slot)
        if isLast { remove(lease: entry.lease) }
        count(entry.rule, -1)
        revision &+= 1
        book.detach(slot)
        guard isLast else { return nil }
        counts[lease.place.number] -= 1
        return SetChange(lease.place.route, lease.address, .remove, lease.handling)
    }

    // The arrays are held only while the index changes: what is held is copied as soon as somebody writes to it.

    private mutating func index(lease: UInt32) {
        let leases = book.leases
        leaseIndex.insert(lease, Self.hash(leases[Int(lease)])) { Self.hash(leases[Int($0)]) }
    }

    private mutating func index(entry: UInt32) {
        let entries = book.entries
        entryIndex.insert(entry, Self.hash(entries[Int(entry)])) { Self.hash(entries[Int($0)]) }
    }

    private mutating func remove(lease: UInt32) {
        let leases = book.leases
        leaseIndex.remove(lease, Self.hash(leases[Int(lease)])) { Self.hash(leases[Int($0)]) }
    }

    private mutating func remove(entry: UInt32) {
        let entries = book.entries
        entryIndex.remove(entry, Self.hash(entries[Int(entry)])) { Self.hash(entries[Int($0)]) }
    }

    /// A lease with all its owners, as if it had never been.
    mutating func drop(_ lease: UInt32) {
        for entry in Array(book.entries(of: lease)) { _ = detach(entry) }
    }

    /// The end of a lease after owners have left it.
    mutating func recount(_ lease: UInt32) {
        let until = book.entries(of: lease).map { book.entries[Int($0)].until }.max() ?? 0
        book.change(lease: lease) { $0.until = until }
    }

    private mutating func count(_ rule: Int32, _ difference: Int) {
        guard rule != Self.noRule else { return }
        let count = ofRule[rule, default: 0] + difference
        ofRule[rule] = count > 0 ? count : nil
    }

    /// Has a lease handled as its entries want it together, after they have changed.
    /// - Returns: how it was; nil: nothing is another now.
    mutating func retune(_ lease: UInt32) -> Handling? {
        let handling = book.entries(of: lease).reduce(Handling.usual) { $0.joined(with: book.entries[Int($1)].handling) }
        let former = book.leases[Int(lease)].handling
        guard handling != former else { return nil }
        book.change(lease: lease) { ($0.handling, $0.isConfirmed) = (handling, false) }
        losses &+= 1
        return former
    }

    /// What a retuned lease asks of the kernel.
    mutating func retuned(_ lease: UInt32, at now: Instant) -> SetChange? { retune(lease).map { add(lease, now, former: $0) } }

    /// As it should stand in the kernel.
    func add(_ lease: UInt32, _ now: Instant, former: Handling? = nil) -> SetChange {
        let slot = book.leases[Int(lease)]
        let seconds = slot.kernelUntil == 0 ? nil : max(1, UInt32(clamping: Int64(slot.kernelUntil) - Int64(now.floor)))
        return SetChange(slot.place.route, slot.address, .add(seconds: seconds), slot.handling, former: former)
    }

    /// Keyed: addresses and names come from the network.
    private static func hash(_ high: UInt64, _ low: UInt64, _ place: Place) -> Int {
        var hasher = Hasher()
        hasher.combine(high)
        hasher.combine(low)
        hasher.combine(place.number)
        return hasher.finalize()
    }

    private static func hash(_ lease: LeaseBook.LeaseSlot) -> Int { hash(lease.high, lease.low, lease.place) }

    private static func hash(_ lease: UInt32, _ name: UInt32, _ matched: UInt32) -> Int {
        var hasher = Hasher()
        hasher.combine(lease)
        hasher.combine(UInt64(name) << 32 | UInt64(matched))
        return hasher.finalize()
    }

    private static func hash(_ entry: LeaseBook.Entry) -> Int { hash(entry.lease, entry.name, entry.matched) }
}
