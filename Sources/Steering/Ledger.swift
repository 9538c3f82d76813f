// SPDX-License-Identifier: MIT
import HeapModule
import Wire

/// Which addresses are owed to which route, and until when. The ledger is the truth, the kernel's sets are its copy.
package struct Ledger: Sendable {
    /// An address owed to a route.
    package struct Lease: Hashable, Sendable {
        package let route: SteeredRoute
        package let address: IPAddress
        /// The name whose answer extended it last.
        package fileprivate(set) var name: Name
        package fileprivate(set) var until: Instant
        /// Until when the kernel keeps it by itself; never earlier than `until` less half the grace. Nil: for ever.
        fileprivate var kernelUntil: Instant?
        /// Whether the kernel has acknowledged it: until then every answer commits it again.
        fileprivate var isConfirmed = false
    }

    private struct Key: Hashable {
        let route: SteeredRoute
        let address: IPAddress
    }

    /// One set of the kernel.
    private struct Place: Hashable {
        let route: SteeredRoute
        let family: IPAddress.Family
    }

    /// What stands in a set: how many, and which ends first. An entry keeps the end it was made with; a lease that was extended since is put back
    /// when its entry comes up, so that extending costs nothing.
    private struct Shelf {
        var count = 0
        var ends = Heap<End>()
    }

    private struct End: Comparable {
        let until: Instant
        let address: IPAddress

        static func < (left: End, right: End) -> Bool { left.until < right.until }
    }

    /// The shortest time an address stays owed, whatever its TTL: the connection must have time to begin.
    package static let shortest: Int64 = 60_000

    private var leases: [Key: Lease] = [:]
    private var shelves: [Place: Shelf] = [:]
    /// Kept for clients that hold addresses longer than their TTL, in milliseconds.
    private let grace: Int64
    /// Elements a set of the kernel holds at the most.
    private let capacity: Int
    /// Leases that had to go before their time because a set was full.
    package private(set) var evictions = 0

    package init(grace: Int64, capacity: Int) {
        self.grace = grace
        self.capacity = capacity
    }

    package var count: Int { leases.count }
    package func count(_ route: SteeredRoute, _ family: IPAddress.Family) -> Int {
        shelves[Place(route: route, family: family)]?.count ?? 0
    }

    /// Notes that an answer for `name` hands out `addresses` for `ttl` seconds.
    /// - Returns: what must be in the kernel before that answer leaves; empty when it is there already.
    package mutating func owe(
        _ addresses: [IPAddress], to route: SteeredRoute, name: Name, ttl: UInt32, at now: Instant
    ) -> [SetChange] {
        var changes: [SetChange] = []
        let until = now + max(Self.shortest, Int64(ttl) * 1000 + grace)
        for address in addresses {
            let key = Key(route: route, address: address)
            if var lease = leases[key] {
                lease.until = max(lease.until, until)
                lease.name = name
                if let kernelUntil = lease.kernelUntil, kernelUntil < until + -grace / 2 {
                    lease.kernelUntil = until
                    lease.isConfirmed = false
                }
                if !lease.isConfirmed { changes.append(add(lease, now)) }
                leases[key] = lease
            } else {
                if count(route, address.family) >= capacity { changes += evict(route, address.family, sparing: addresses, at: now) }
                let lease = Lease(route: route, address: address, name: name, until: until, kernelUntil: route == .tunnel ? nil : until)
                leases[key] = lease
                shelve(address, Place(route: route, family: address.family), until)
                changes.append(add(lease, now))
            }
        }
        return changes
    }

    /// Takes over what a former run left in the kernel: nobody knows any more which names it was owed to, so it stays for a grace.
    package mutating func adopt(_ addresses: [IPAddress], to route: SteeredRoute, at now: Instant) {
        for address in addresses {
            let key = Key(route: route, address: address)
            guard leases[key] == nil else { continue }
            let until = now + max(Self.shortest, grace)
            var lease = Lease(route: route, address: address, name: .root, until: until, kernelUntil: route == .tunnel ? nil : until)
            lease.isConfirmed = true
            leases[key] = lease
            shelve(address, Place(route: route, family: address.family), until)
        }
    }

    /// Notes the kernel's word: `changes` are in it but for `refused`, which are taken back, so that the next answer tries again.
    package mutating func settle(_ changes: [SetChange], refused: [SetChange]) {
        let refused = Set(refused)
        for change in changes {
            guard case .add = change.change else { continue }
            let key = Key(route: change.route, address: change.address)
            if refused.contains(change) { drop(key) } else { leases[key]?.isConfirmed = true }
        }
    }

    /// Removes what is over.
    package mutating func expire(at now: Instant) -> [SetChange] {
        var changes: [SetChange] = []
        for place in shelves.keys {
            while let lease = first(of: place, endingBy: now) {
                drop(Key(route: lease.route, address: lease.address))
                changes.append(SetChange(lease.route, lease.address, .remove))
            }
        }
        return changes
    }

    /// Everything owed, as it should stand in the kernel's sets.
    package func elements(at now: Instant) -> [SetChange] { leases.values.filter { $0.until > now }.map { add($0, now) } }

    /// Everything owed, to write into empty sets: unconfirmed until the kernel has it.
    package mutating func replay(at now: Instant) -> [SetChange] {
        for (key, lease) in leases {
            leases[key]?.isConfirmed = false
            if lease.kernelUntil != nil { leases[key]?.kernelUntil = lease.until }
        }
        return elements(at: now)
    }

    /// The leases of an address, the one that decides its traffic first.
    package func leases(of address: IPAddress) -> [Lease] {
        SteeredRoute.allCases.compactMap { leases[Key(route: $0, address: address)] }
    }

    private func add(_ lease: Lease, _ now: Instant) -> SetChange {
        let seconds = lease.kernelUntil.map { UInt32(clamping: max(1, ($0 - now + 999) / 1000)) }
        return SetChange(lease.route, lease.address, .add(seconds: seconds))
    }

    /// Makes room in a full set, but not by what the same answer hands out, nor by a `tunnel` lease whose TTL still runs: its client would go
    /// outside. Where nothing else is left, the kernel says that the set is full, and the new answer is refused.
    private mutating func evict(_ route: SteeredRoute, _ family: IPAddress.Family, sparing: [IPAddress], at now: Instant) -> [SetChange] {
        let place = Place(route: route, family: family)
        var spared: [End] = []
        defer { for end in spared { shelves[place]?.ends.insert(end) } }
        while let lease = first(of: place) {
            guard !sparing.contains(lease.address), route != .tunnel || lease.until + -grace <= now else {
                spared.append(End(until: lease.until, address: lease.address))
                continue
            }
            evictions += 1
            drop(Key(route: route, address: lease.address))
            return [SetChange(route, lease.address, .remove)]
        }
        return []
    }

    private mutating func shelve(_ address: IPAddress, _ place: Place, _ until: Instant) {
        shelves[place, default: Shelf()].count += 1
        shelves[place]?.ends.insert(End(until: until, address: address))
        // What the kernel refused leaves its entry behind; refused often enough, the entries are made anew.
        guard let shelf = shelves[place], shelf.ends.count > 2 * shelf.count + 1024 else { return }
        let ends = leases.values.filter { $0.route == place.route && $0.address.family == place.family }
        shelves[place]?.ends = Heap(ends.map { End(until: $0.until, address: $0.address) })
    }

    /// Takes the lease that ends first off its shelf's heap; nil when there is none, or none that ends by `limit`.
    private mutating func first(of place: Place, endingBy limit: Instant? = nil) -> Lease? {
        while let end = shelves[place]?.ends.min, limit.map({ end.until <= $0 }) ?? true {
            shelves[place]?.ends.removeMin()
            guard let lease = leases[Key(route: place.route, address: end.address)] else { continue }
            guard lease.until > end.until else { return lease }
            shelves[place]?.ends.insert(End(until: lease.until, address: end.address))
        }
        return nil
    }

    private mutating func drop(_ key: Key) {
        guard leases.removeValue(forKey: key) != nil else { return }
        shelves[Place(route: key.route, family: key.address.family)]?.count -= 1
    }
}
