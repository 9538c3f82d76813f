// SPDX-License-Identifier: MIT
import Wire

extension Ledger {
    /// Takes on other rules: owners that no rule fits any more go, those that now belong to another route move there with the time they have.
    ///
    /// What is added comes before what is removed; as one batch no packet finds the address in neither set. An address that the new route's set
    /// has no room for is counted as refused.
    /// - Parameter find: the rule that decides for an owner now; called once for each pair of names. Addresses of a former run that nobody has
    ///   asked for since are passed over: they end by themselves.
    /// - Parameters:
    ///   - slots: those entries only, of `0..<slots`: for a rematch in pieces. Each piece leaves the ledger whole; what comes in between two of them is
    ///     of the other rules already, and needs no piece.
    ///   - admits: whether the set of a verdict may hold the address; `stands`: which it does already.
    ///   - dropped: told of each owner that no rule fits, or whose rule's set does not take the address, with it and until when it was owed.
    package mutating func rematch(
        _ slots: Range<Int>? = nil, at now: Instant, _ find: (Owner) -> Verdict?,
        admits: (IPAddress, Verdict, _ stands: Bool) -> Bool = { _, _, _ in true },
        dropped: (Owner, IPAddress, Instant) -> Void = { _, _, _ in }
    ) -> [SetChange] {
        let verdicts = verdicts(slots ?? 0..<self.slots, find, admits)
        victims = [:]
        losses &+= 1
        var touched: Set<UInt32> = []
        var other: Set<UInt32> = []
        var moved: Set<UInt32> = []
        var homeless: Set<UInt32> = []
        for (entry, verdict) in verdicts {
            guard let verdict, verdict.route != book.leases[Int(book.entries[Int(entry)].lease)].place.route else { continue }
            if let lease = move(entry, to: verdict, at: now) {
                moved.insert(lease)
            } else {
                homeless.insert(entry)
            }
        }
        var removals: [SetChange] = []
        for (entry, verdict) in verdicts {
            let lease = book.entries[Int(entry)].lease
            if let verdict, verdict.route == book.leases[Int(lease)].place.route {
                let handling = verdict.onlyStays ? book.entries[Int(entry)].handling : verdict.handling
                if book.entries[Int(entry)].handling != handling { other.insert(lease) }
                extend(entry, until: 0, rule: Int32(clamping: verdict.rule), handling: handling)
            } else {
                if verdict == nil || homeless.contains(entry) {
                    let until = Instant(seconds: book.entries[Int(entry)].until)
                    dropped(book.owner(of: entry), book.leases[Int(lease)].address, until)
                }
                if let change = detach(entry) { removals.append(change) } else { touched.insert(lease) }
            }
        }
        for lease in touched where book.isLive(lease: lease) { recount(lease) }
        // A lease whose last owner moved away may have got another that moved in: it was there all the time, so its removal never came.
        let additions = moved.filter { book.isLive(lease: $0) }.compactMap { lease in
            let former = retune(lease)
            return renewsForMove(lease) ? add(lease, now, former: former) : nil
        }
        let retunings = other.union(touched).subtracting(moved).filter { book.isLive(lease: $0) }.compactMap { retuned($0, at: now) }
        return additions + retunings + removals
    }

    /// Room taken by entries, in use or free.
    package var slots: Int { book.entries.count }

    /// What an owner's rule wants with its addresses.
    package struct Verdict: Hashable, Sendable {
        package let route: SteeredRoute
        /// The rule's number.
        package let rule: Int
        /// Whether the rule may own private addresses.
        package let allowsPrivate: Bool
        let handling: Handling
        /// What stands in the route's set stays in it, and nothing comes in.
        let onlyStays: Bool

        package init(_ route: SteeredRoute, _ handling: Handling = .usual, rule: Int, allowsPrivate: Bool = false) {
            self.init(route, handling, rule: rule, allowsPrivate: allowsPrivate, onlyStays: false)
        }

        private init(_ route: SteeredRoute, _ handling: Handling, rule: Int, allowsPrivate: Bool, onlyStays: Bool) {
            self.handling = handling
            self.route = route
            self.rule = rule
            self.allowsPrivate = allowsPrivate
            self.onlyStays = onlyStays
        }

        /// Of a name that is blocked now: what of it is in the tunnel does not fall out of it, for those who hold it still.
        package static func blocked(rule: Int) -> Verdict { Verdict(.tunnel, .usual, rule: rule, allowsPrivate: true, onlyStays: true) }
    }

    /// Whether any address that is owed is one of these.
    package func contains(where isWanted: (IPAddress, SteeredRoute) -> Bool) -> Bool {
        book.leases.contains { $0.first != SlotIndex.none && isWanted($0.address, $0.place.route) }
    }

    /// Nil: no rule fits, or the set it names does not take the address.
    private func verdicts(
        _ slots: Range<Int>, _ find: (Owner) -> Verdict?, _ admits: (IPAddress, Verdict, _ stands: Bool) -> Bool
    ) -> [(entry: UInt32, verdict: Verdict?)] {
        var known: [UInt64: Verdict?] = [:]
        var verdicts: [(entry: UInt32, verdict: Verdict?)] = []
        let slots = slots.clamped(to: 0..<self.slots)
        verdicts.reserveCapacity(slots.count)
        for index in slots {
            let entry = book.entries[index]
            guard entry.lease != SlotIndex.none else { continue }
            let lease = book.leases[Int(entry.lease)]
            let pair = UInt64(entry.name) << 32 | UInt64(entry.matched)
            let verdict: Verdict?
            if let before = known[pair] {
                verdict = before
            } else {
                let owner = book.owner(of: UInt32(index))
                guard owner != .unknown else {
                    if !admits(lease.address, Verdict(lease.place.route, rule: Int(Self.noRule)), true) {
                        verdicts.append((UInt32(index), nil))
                    }
                    continue
                }
                verdict = find(owner)
                known[pair] = .some(verdict)
            }
            let holds = verdict.flatMap { verdict in
                let stands = verdict.route == lease.place.route
                return (stands || !verdict.onlyStays) && admits(lease.address, verdict, stands) ? verdict : nil
            }
            verdicts.append((UInt32(index), holds))
        }
        return verdicts
    }

    /// Gives an entry's like to another route's lease of the same address; the entry itself stays. Returns that lease; nil: no room.
    private mutating func move(_ entry: UInt32, to verdict: Verdict, at now: Instant) -> UInt32? {
        let (route, rule, handling) = (verdict.route, Int32(clamping: verdict.rule), verdict.handling)
        let owner = book.owner(of: entry)
        let until = book.entries[Int(entry)].until
        let address = book.leases[Int(book.entries[Int(entry)].lease)].address
        let place = Place(route: route, family: address.family)
        guard let lease = self.find(address, place) else {
            guard counts[place.number] < bounds.perSet else {
                counters.refused += 1
                return nil
            }
            return makeLease(address, place, owner, rule: rule, handling: handling, until: until)
        }
        if let known = self.find(owner, on: lease) {
            extend(known, until: until, rule: rule, handling: handling)
        } else {
            attach(owner, rule: rule, handling: handling, to: lease, until: until)
        }
        return lease
    }

    /// Whether the kernel must hear of a lease that owners have moved to.
    private mutating func renewsForMove(_ lease: UInt32) -> Bool {
        book.change(lease: lease) { slot in
            if slot.kernelUntil != 0, slot.kernelUntil < slot.until {
                slot.kernelUntil = slot.until
                slot.isConfirmed = false
            }
            return !slot.isConfirmed
        }
    }
}
