// SPDX-License-Identifier: MIT
import Wire

extension Ledger {
    /// An address owed to a route.
    package struct Lease: Hashable, Sendable {
        package let route: SteeredRoute
        package let address: IPAddress
        /// The latest end of its owners; whole seconds, rounded up.
        package let until: Instant
        package let kind: LeaseKind
        /// The place, from 0, of the tunnel it goes by alone; nil: whichever is in use.
        package let node: Int?
        /// Never empty; the one that came last first.
        package let owners: [Holding]
    }

    /// What one owner holds.
    package struct Holding: Hashable, Sendable {
        package let owner: Owner
        package let until: Instant
        /// The rule's number; nil for what comes from a former run and no rule has asked for since.
        package let rule: Int?
    }

    /// An address that more than one route has a lease of.
    package struct Conflict: Hashable, Sendable {
        package let address: IPAddress
        /// The one that decides first.
        package let leases: [Lease]
    }

    /// The leases of an address, the one that decides its traffic first.
    package func leases(of address: IPAddress) -> [Lease] { slots(of: address).map(lease) }

    /// The leases that answers for a name, as it was asked, have made; the one that came last first.
    package func leases(of name: Name) -> [Lease] {
        guard let number = book.names.find(name) else { return [] }
        var seen: Set<UInt32> = []
        return book.entries(ofName: number).map { book.entries[Int($0)].lease }.filter { seen.insert($0).inserted }.map(lease)
    }

    /// The routes an address is owed to, the one that decides first: without its owners, so cheap.
    package func routes(of address: IPAddress) -> [SteeredRoute] { slots(of: address).map { book.leases[Int($0)].place.route } }

    /// Who owes an address to the route that decides, the last first; empty when nobody does.
    package func owners(of address: IPAddress) -> [Owner] { slots(of: address).first.map { book.entries(of: $0).map(book.owner) } ?? [] }

    /// Addresses owed to more than one route, or to more than one tunnel by name, by number. Looks at everything: a few milliseconds for a full ledger.
    /// - Parameter isTunnels: whether a network of the tunnel's has the address, which wins over a `direct` lease.
    package func conflicts(isTunnels: (IPAddress) -> Bool = { _ in false }) -> [Conflict] {
        var addresses: Set<IPAddress> = []
        for (index, slot) in book.leases.enumerated() where slot.first != SlotIndex.none && slot.handling.node != nil {
            let isTwice = book.entries(of: UInt32(index)).contains { entry in
                let node = book.entries[Int(entry)].handling.node
                return node != nil && node != slot.handling.node
            }
            if isTwice { addresses.insert(slot.address) }
        }
        for slot in book.leases where slot.first != SlotIndex.none && slot.place.route != .tunnel {
            let isInNetwork = slot.place.route == .direct && isTunnels(slot.address)
            if isInNetwork || routes(of: slot.address).count > 1 { addresses.insert(slot.address) }
        }
        return addresses.sorted { ($0.width, $0.halves.high, $0.halves.low) < ($1.width, $1.halves.high, $1.halves.low) }
            .map { Conflict(address: $0, leases: leases(of: $0)) }
    }

    /// The numbers of an address's leases, for `lease`.
    package func numbers(of address: IPAddress) -> [UInt32] { sorted(slots(of: address)) }

    /// The numbers of the leases that a name or those below it have asked for, by address and route; nil: of all. One after the other: as values
    /// leases take 600 bytes each, most of them names.
    package func numbers(atOrBelow name: Name? = nil) -> [UInt32] {
        sorted(
            book.leases.indices.lazy.map { UInt32($0) }.filter { lease in
                guard book.isLive(lease: lease) else { return false }
                guard let name else { return true }
                return book.entries(of: lease).contains { book.names[book.entries[Int($0)].name].isAtOrBelow(name) }
            })
    }

    private func sorted(_ numbers: some Sequence<UInt32>) -> [UInt32] {
        numbers.sorted { left, right in
            let (left, right) = (book.leases[Int(left)], book.leases[Int(right)])
            return (left.address.width, left.high, left.low, left.place.route.rawValue)
                < (right.address.width, right.high, right.low, right.place.route.rawValue)
        }
    }

    /// Everything, in no order.
    package var all: [Lease] { book.leases.indices.map { UInt32($0) }.filter { book.isLive(lease: $0) }.map(lease) }

    /// Everything owed, as it should stand in the kernel's sets.
    package func elements(at now: Instant) -> [SetChange] {
        let second = now.floor
        return book.leases.indices.compactMap { index in
            let lease = book.leases[index]
            return lease.first != SlotIndex.none && lease.until > second ? add(UInt32(index), now) : nil
        }
    }

    /// Everything owed, for empty sets: what the kernel refused before counts no more.
    package mutating func elementsAnew(at now: Instant) -> [SetChange] {
        for index in book.leases.indices where book.isLive(lease: UInt32(index)) && !book.leases[index].isConfirmed {
            _ = retune(UInt32(index))
        }
        return elements(at: now)
    }

    /// The same, unconfirmed until the kernel has it.
    package mutating func replay(at now: Instant) -> [SetChange] {
        for index in book.leases.indices where book.isLive(lease: UInt32(index)) {
            book.change(lease: UInt32(index)) { lease in
                lease.isConfirmed = false
                if lease.kernelUntil != 0 { lease.kernelUntil = lease.until }
            }
        }
        return elementsAnew(at: now)
    }

    private func slots(of address: IPAddress) -> [UInt32] {
        SteeredRoute.allCases.compactMap { find(address, Place(route: $0, family: address.family)) }
    }

    /// One of `numbers`, of the same ledger.
    package func lease(_ slot: UInt32) -> Lease {
        let lease = book.leases[Int(slot)]
        return Lease(
            route: lease.place.route, address: lease.address, until: Instant(seconds: lease.until), kind: lease.kind,
            node: lease.handling.node,
            owners: book.entries(of: slot).map { entry in
                let rule = book.entries[Int(entry)].rule
                return Holding(
                    owner: book.owner(of: entry), until: Instant(seconds: book.entries[Int(entry)].until),
                    rule: rule == Self.noRule ? nil : Int(rule))
            })
    }
}
