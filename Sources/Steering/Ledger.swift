// SPDX-License-Identifier: MIT
import HeapModule
import Wire

/// Which addresses are owed to which route, to whom, and until when. The ledger is the truth, the kernel's sets are its copy.
///
/// An address stays for as long as one of its owners does: extended by every answer, never shortened, removed with the last.
/// The clock is the caller's; at the edge CLOCK_BOOTTIME, which nobody sets and which runs on while the machine sleeps, as TTLs do.
package struct Ledger: Sendable {
    /// How much may be owed.
    package struct Bounds: Hashable, Sendable {
        /// Addresses of one asked name.
        package var perName: Int
        /// Entries (address and name) of one rule.
        package var perRule: Int
        /// Addresses of one set of the kernel.
        package var perSet: Int
        /// Entries in all: of some 140 bytes each.
        package var total: Int

        /// - Parameter total: nil: twice as many as a set holds.
        package init(perName: Int = 1024, perRule: Int = 131_072, perSet: Int = 262_144, total: Int? = nil) {
            self.perName = perName
            self.perRule = perRule
            self.perSet = perSet
            self.total = total ?? (perSet < .max / 2 ? 2 * perSet : .max)
        }
    }

    /// What an answer asks of the kernel, and what it may not hand out.
    package struct Owed: Hashable, Sendable {
        /// To be in the kernel before the answer leaves; empty when all is there already.
        package var changes: [SetChange] = []
        /// Beyond the bounds: not owed, so to be taken out of the answer.
        package var excess: [IPAddress] = []

        package init(changes: [SetChange] = [], excess: [IPAddress] = []) {
            self.changes = changes
            self.excess = excess
        }
    }

    /// What had to give way.
    package struct Counters: Hashable, Sendable {
        /// Entries that ended before their time because a name, a rule, a set, or all together, had too many.
        package var evictedByName = 0
        package var evictedByRule = 0
        package var evictedBySet = 0
        package var evictedByAll = 0
        /// Names that were one too many for their rule; their time was added to another name's of the same address.
        package var folded = 0
        /// Addresses taken out of answers since nothing could give way.
        package var excess = 0
        /// Addresses that the kernel refused.
        package var refused = 0

        package var evictions: Int { evictedByName + evictedByRule + evictedBySet + evictedByAll }
    }

    /// The shortest time an address stays owed, whatever its TTL: the connection must have time to begin.
    package static let shortest: Int64 = 60_000
    /// The number of no rule.
    static let noRule: Int32 = -1

    /// When an entry ends, as it was when it came here: one that was extended since is put back when its turn comes, so that extending costs
    /// nothing.
    struct End: Comparable {
        let until: UInt32
        let entry: UInt32

        static func < (left: End, right: End) -> Bool { left.until < right.until }
    }

    package let bounds: Bounds
    /// In milliseconds: how long clients keep addresses beyond their TTL, and how long we hand out what is over.
    package let grace: Int64
    let stale: Int64
    package internal(set) var counters = Counters()
    /// Changes when an owner comes or goes; extending is not told.
    package internal(set) var revision: UInt64 = 0
    /// Counts what went before its time, or went to another: with the same count, what was owed for an answer is owed for as long as was said.
    package internal(set) var losses: UInt64 = 0
    /// Changes with every answer that extends something.
    package internal(set) var extensions: UInt64 = 0

    /// Names without a rule of their own whose addresses are owed all the same. They outlast a restart with the leases: clients remember them.
    package internal(set) var services = ServiceTargets()

    var book = LeaseBook()
    var leaseIndex = SlotIndex()
    var entryIndex = SlotIndex()
    var ends = Heap<End>()
    /// How many fit without the heap growing, which would double it.
    var endRoom = 0
    var counts = [Int](repeating: 0, count: Place.all.count)
    /// Entries of each rule that has any.
    var ofRule: [Int32: Int] = [:]
    var victims: [Scope: Victims] = [:]

    package init(bounds: Bounds = Bounds(), grace: Int64, stale: Int64 = 0) {
        self.bounds = bounds
        self.grace = grace
        self.stale = stale
    }

    /// Addresses owed, each counted once for each route.
    package var count: Int { book.leaseCount }
    /// Pairs of an address and an owner.
    package var entryCount: Int { book.entryCount }
    package func count(_ route: SteeredRoute, _ family: IPAddress.Family) -> Int { counts[Place(route: route, family: family).number] }

    /// Notes that an answer hands out `addresses` to `owner` for `ttl` seconds; from 2³¹ on that counts as 0 (RFC 2181 section 8).
    /// - Parameters:
    ///   - handling: what the rule wants of the traffic.
    ///   - rule: the number of the rule that wants it, from 0.
    package mutating func owe(
        _ addresses: [IPAddress], to route: SteeredRoute, _ handling: Handling = .usual, owner: Owner, rule: Int, ttl: UInt32,
        at now: Instant
    ) -> Owed {
        var owed = Owed()
        let ttl = ttl > UInt32(Int32.max) ? 0 : Int64(ttl) * 1000
        let until = (now + max(Self.shortest, ttl + stale + grace)).ceiling
        var asked = Asked(
            owner: owner, rule: Int32(clamping: rule), route: route, handling: handling, until: until,
            needed: (now + ttl + stale + grace / 2).ceiling, answer: addresses, now: now)
        for address in addresses { owe(address, &asked, &owed) }
        return owed
    }

    /// What one answer asks for.
    struct Asked {
        let owner: Owner
        let rule: Int32
        let route: SteeredRoute
        let handling: Handling
        let until: UInt32
        /// The kernel must keep it until then at least.
        let needed: UInt32
        /// What the same answer hands out must not give way.
        let answer: [IPAddress]
        let now: Instant
        /// Where nothing could give way for this answer already.
        var full: Set<Scope> = []
    }

    private mutating func owe(_ address: IPAddress, _ asked: inout Asked, _ owed: inout Owed) {
        let place = Place(route: asked.route, family: address.family)
        let lease: UInt32
        var former: Handling?
        if let known = find(address, place) {
            lease = known
            if let entry = find(asked.owner, on: lease) {
                let isOther = book.entries[Int(entry)].handling != asked.handling
                extend(entry, until: asked.until, rule: asked.rule, handling: asked.handling)
                if isOther { former = retune(lease) ?? former }
            } else if hasRoomForEntry(&asked, &owed.changes) {
                attach(asked.owner, rule: asked.rule, handling: asked.handling, to: lease, until: asked.until)
                // Not by looking at all owners: an address may have thousands.
                let handling = book.leases[Int(lease)].handling
                if handling.joined(with: asked.handling) != handling { former = retune(lease) ?? former }
            } else {
                fold(asked, into: lease)
                former = retune(lease) ?? former
            }
        } else {
            guard hasRoomForEntry(&asked, &owed.changes), hasRoomForLease(place, &asked, &owed.changes) else {
                counters.excess += 1
                owed.excess.append(address)
                return
            }
            lease = makeLease(address, place, asked.owner, rule: asked.rule, handling: asked.handling, until: asked.until)
        }
        // What the kernel has refused is tried again.
        if former == nil, !book.leases[Int(lease)].isConfirmed { former = retune(lease) }
        if renews(lease, asked) { owed.changes.append(add(lease, asked.now, former: former)) }
    }

    /// Whether the kernel must be written for this answer: what it has not confirmed; and what it would forget too soon, or within half its time.
    private mutating func renews(_ lease: UInt32, _ asked: Asked) -> Bool {
        let now = asked.now.floor
        return book.change(lease: lease) { slot in
            if slot.kernelUntil != 0, slot.kernelUntil < slot.until {
                let left = slot.kernelUntil > now ? slot.kernelUntil - now : 0
                if slot.kernelUntil < min(asked.needed, slot.until) || left < (slot.until - now) / 2 {
                    slot.kernelUntil = slot.until
                    slot.isConfirmed = false
                }
            }
            return !slot.isConfirmed
        }
    }

    /// Notes that the service of `origin` leads to other names, for `ttl` seconds.
    package mutating func remember(_ targets: [Name], of origin: Name, ttl: UInt32, at now: Instant) {
        guard !targets.isEmpty else { return }
        if targets.contains(where: { services.origin(of: $0) != origin }) { revision &+= 1 } else { extensions &+= 1 }
        services.remember(targets, of: origin, ttl: ttl, at: now)
    }

    /// Notes the kernel's word: `changes` are in it but for `refused`. What it never had is not owed; what it had is written with the next answer.
    package mutating func settle(_ changes: [SetChange], refused: [SetChange]) {
        let refused = Set(refused)
        for change in changes {
            guard case .add = change.change, let lease = find(change.address, Place(route: change.route, family: change.address.family))
            else {
                continue
            }
            guard refused.contains(change) else {
                book.change(lease: lease) { ($0.isConfirmed, $0.hasStood, $0.handling) = (true, true, change.handling) }
                continue
            }
            counters.refused += 1
            losses &+= 1
            if book.leases[Int(lease)].hasStood {
                book.change(lease: lease) { slot in
                    slot.isConfirmed = false
                    if slot.handling == change.handling { slot.handling = change.former }
                }
            } else {
                drop(lease)
            }
        }
    }

    /// Whether something is over, or has been extended and is to be looked at.
    package func isOverdue(at now: Instant) -> Bool { ends.min.map { $0.until <= now.floor } ?? false }

    /// Removes what is over, `most` entries at once. What the kernel has forgotten by itself is among it: its clock stands still while the machine sleeps, ours does not.
    package mutating func expire(at now: Instant, most: Int = .max) -> [SetChange] {
        var changes: [SetChange] = []
        services.expire(at: now)
        let (moment, now) = (now, now.floor)
        var rest = most
        while rest > 0, let end = ends.min, end.until <= now {
            rest -= 1
            ends.removeMin()
            guard book.isLive(entry: end.entry) else { continue }
            let until = book.entries[Int(end.entry)].until
            guard until <= now else {
                ends.insert(End(until: until, entry: end.entry))
                continue
            }
            let lease = book.entries[Int(end.entry)].lease
            if let change = detach(end.entry) ?? retuned(lease, at: moment) { changes.append(change) }
        }
        return changes
    }
}

extension Instant {
    /// Whole seconds, rounded up.
    var ceiling: UInt32 { UInt32(clamping: (max(0, milliseconds) + 999) / 1000) }
    var floor: UInt32 { UInt32(clamping: max(0, milliseconds) / 1000) }

    init(seconds: UInt32) { self.init(milliseconds: Int64(seconds) * 1000) }
}
