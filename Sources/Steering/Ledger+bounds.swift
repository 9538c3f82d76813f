// SPDX-License-Identifier: MIT
import HeapModule
import Wire

/// What is beyond a bound makes what ended first give way: within its own name or rule first, so that no flood of names under one rule pushes
/// out what others own. Never what the same answer hands out, and never what is still owed to the tunnel, since a client that holds it would go
/// outside: where nothing else is left, the answer does without the address.
extension Ledger {
    /// What a bound is about.
    enum Scope: Hashable {
        case name
        case rule(Int32)
        case all
        case set(Int)
    }

    /// Those that are to give way next. Found by looking at everything, which takes a millisecond or two, so many at once.
    struct Victims {
        /// Numbers of entries, or for a set of leases, with their ends; the earliest last.
        var queue: [End] = []
        /// Nothing could give way when we last looked: not to look again before.
        var barren: Instant?
    }

    private static let victimsAtOnce = 512

    /// Whether its client may still begin to use it: until its end, since the grace is the time that clients keep it beyond its TTL.
    private func isProtected(_ route: SteeredRoute, until: UInt32, at now: Instant) -> Bool {
        switch route {
        case .tunnel: Instant(seconds: until) > now
        case .direct, .lan: false
        }
    }

    mutating func hasRoomForEntry(_ asked: inout Asked, _ changes: inout [SetChange]) -> Bool {
        if let name = book.names.find(asked.owner.name), book.names.entries(name) >= bounds.perName {
            guard evict(of: name, &asked, &changes) else { return false }
            counters.evictedByName += 1
        }
        if asked.rule != Self.noRule, ofRule[asked.rule, default: 0] >= bounds.perRule {
            guard evict(.rule(asked.rule), &asked, &changes) else { return false }
            counters.evictedByRule += 1
        }
        if book.entryCount >= bounds.total {
            guard evict(.all, &asked, &changes) else { return false }
            counters.evictedByAll += 1
        }
        return true
    }

    mutating func hasRoomForLease(_ place: Place, _ asked: inout Asked, _ changes: inout [SetChange]) -> Bool {
        guard counts[place.number] >= bounds.perSet else { return true }
        guard evict(.set(place.number), &asked, &changes) else { return false }
        counters.evictedBySet += 1
        return true
    }

    /// One name too many for an address that stands anyway: its time is added to another name's, of the same rule if there is one.
    mutating func fold(_ asked: Asked, into lease: UInt32) {
        let entries = book.entries(of: lease).prefix(64)
        guard let entry = entries.first(where: { book.entries[Int($0)].rule == asked.rule }) ?? entries.first(where: { _ in true }) else {
            return
        }
        counters.folded += 1
        extend(entry, until: asked.until, handling: book.entries[Int(entry)].handling.joined(with: asked.handling))
    }

    private mutating func evict(of name: UInt32, _ asked: inout Asked, _ changes: inout [SetChange]) -> Bool {
        guard !asked.full.contains(.name) else { return false }
        let candidates = book.entries(ofName: name).filter { mayGive($0, .name, asked) }
        guard let first = candidates.min(by: { book.entries[Int($0)].until < book.entries[Int($1)].until }) else {
            asked.full.insert(.name)
            return false
        }
        give(first, &changes, at: asked.now)
        return true
    }

    private mutating func evict(_ scope: Scope, _ asked: inout Asked, _ changes: inout [SetChange]) -> Bool {
        guard !asked.full.contains(scope) else { return false }
        var victims = victims.removeValue(forKey: scope) ?? Victims()
        defer { self.victims[scope] = victims }
        var spared: [End] = []
        for round in 0...1 {
            while let victim = victims.queue.popLast() {
                guard stands(victim, in: scope) else { continue }
                guard mayGive(victim.entry, scope, asked) else {
                    spared.append(victim)
                    continue
                }
                victims.queue += spared.reversed()
                if case .set = scope { giveLease(victim.entry, &changes) } else { give(victim.entry, &changes, at: asked.now) }
                return true
            }
            if round == 1 || victims.barren.map({ asked.now < $0 }) == true { break }
            spared = []
            victims = look(scope, asked)
        }
        asked.full.insert(scope)
        victims.queue += spared.reversed()
        return false
    }

    /// Whether it is still there, and has not been extended.
    private func stands(_ victim: End, in scope: Scope) -> Bool {
        switch scope {
        case .set(let number):
            let lease = book.leases[Int(victim.entry)]
            return lease.first != SlotIndex.none && lease.until == victim.until && lease.place.number == number
        case .rule(let rule):
            let entry = book.entries[Int(victim.entry)]
            return entry.lease != SlotIndex.none && entry.until == victim.until && entry.rule == rule
        case .all, .name:
            let entry = book.entries[Int(victim.entry)]
            return entry.lease != SlotIndex.none && entry.until == victim.until
        }
    }

    private func mayGive(_ slot: UInt32, _ scope: Scope, _ asked: Asked) -> Bool {
        switch scope {
        case .set:
            let lease = book.leases[Int(slot)]
            return !isProtected(lease.place.route, until: lease.until, at: asked.now) && !asked.answer.contains(lease.address)
        case .name, .rule, .all:
            let entry = book.entries[Int(slot)]
            let lease = book.leases[Int(entry.lease)]
            guard !isProtected(lease.place.route, until: entry.until, at: asked.now) else { return false }
            // One of several owners may go also where the same answer hands the address out, but not the one it is handed out to.
            let isOnly = entry.previousOfLease == SlotIndex.none && entry.nextOfLease == SlotIndex.none
            return !(isOnly || entry.until >= asked.until) || !asked.answer.contains(lease.address)
        }
    }

    /// Those of a scope that end first and are not protected.
    private func look(_ scope: Scope, _ asked: Asked) -> Victims {
        var first = Heap<End>()
        var earliest = UInt32.max
        let most = Self.victimsAtOnce + asked.answer.count
        func see(_ slot: UInt32, _ until: UInt32, _ route: SteeredRoute) {
            if isProtected(route, until: until, at: asked.now) {
                earliest = min(earliest, until)
            } else if first.count < most || until < (first.max?.until ?? 0) {
                first.insert(End(until: until, entry: slot))
                if first.count > most { first.removeMax() }
            }
        }
        switch scope {
        case .set(let number):
            for (slot, lease) in book.leases.enumerated() where lease.first != SlotIndex.none && lease.place.number == number {
                see(UInt32(slot), lease.until, lease.place.route)
            }
        case .rule, .all, .name:
            for (slot, entry) in book.entries.enumerated() where entry.lease != SlotIndex.none {
                if case .rule(let rule) = scope, entry.rule != rule { continue }
                see(UInt32(slot), entry.until, book.leases[Int(entry.lease)].place.route)
            }
        }
        // Others may come that need not wait so long, so once a second we look again.
        let barren = first.isEmpty ? min(Instant(seconds: earliest), asked.now + 1000) : nil
        return Victims(queue: first.unordered.sorted(by: >), barren: barren)
    }

    private mutating func give(_ entry: UInt32, _ changes: inout [SetChange], at now: Instant) {
        losses &+= 1
        let lease = book.entries[Int(entry)].lease
        if let change = detach(entry) {
            changes.append(change)
        } else {
            recount(lease)
            if let change = retuned(lease, at: now) { changes.append(change) }
        }
    }

    private mutating func giveLease(_ lease: UInt32, _ changes: inout [SetChange]) {
        losses &+= 1
        for entry in Array(book.entries(of: lease)) { if let change = detach(entry) { changes.append(change) } }
    }
}
