// SPDX-License-Identifier: MIT
import Steering
import Testing
import Wire
import Workbench

@Suite struct LedgerBoundsTests {
    private static let one = IPAddress.of("192.0.2.1")
    private let start = Instant(milliseconds: 1_000_000)

    private func ledger(name: Int = 1000, rule: Int = 1000, set: Int = 1000, grace: Int64 = 0) -> Ledger {
        Ledger(bounds: Ledger.Bounds(perName: name, perRule: rule, perSet: set, total: max(2 * set, 40)), grace: grace)
    }

    @Test func aFullSetLosesItsOldestLease() {
        var ledger = ledger(set: 3)
        let four = addresses(4)
        for (index, ttl) in [(0, UInt32(300)), (1, 100), (2, 200)] {
            _ = ledger.give([four[index]], "\(index).example", ttl: ttl, at: start)
        }
        // Other families and routes have sets of their own.
        #expect(ledger.give([.of("2001:db8::1")], ttl: 1, at: start).changes.count == 1)
        #expect(ledger.give([Self.one], to: .direct, ttl: 1, at: start).changes.count == 1)
        let owed = ledger.give([four[3]], ttl: 50, at: start + 100_000)
        #expect(owed.changes == [SetChange(.tunnel, four[1], .remove), SetChange(.tunnel, four[3], .add(seconds: nil))])
        #expect(owed.excess == [])
        #expect(ledger.counters.evictedBySet == 1 && ledger.counters.evictions == 1)
        #expect(ledger.count(.tunnel, .v4) == 3)
        // An address that is there already needs no room.
        #expect(ledger.give([four[0]], ttl: 50, at: start) == Ledger.Owed())
    }

    /// A client may still connect to it, also when its TTL is over: outside, if it were evicted.
    @Test(arguments: [0, 60_000] as [Int64])
    func noTunnelLeaseIsEvictedBeforeItsEnd(_ stale: Int64) {
        var ledger = Ledger(bounds: Ledger.Bounds(perSet: 1, total: 9), grace: 60_000, stale: stale)
        for route in [SteeredRoute.tunnel, .direct] { _ = ledger.give([Self.one], to: route, ttl: 100, at: start) }
        let other = IPAddress.v4(0xC000_0277)
        let end = start + (160_000 + stale)
        for moment in [start, start + 101_000, end + -1] {
            #expect(ledger.give([other], ttl: 100, at: moment) == Ledger.Owed(excess: [other]))
        }
        #expect(ledger.counters.excess == 3 && ledger.leases(of: other) == [])
        let direct = ledger.give([other], to: .direct, ttl: 100, at: start + 1000)
        #expect(direct.changes.first == SetChange(.direct, Self.one, .remove), "what falls out of there falls into the tunnel")
        let late = ledger.give([other], ttl: 100, at: end)
        #expect(late.changes == [SetChange(.tunnel, Self.one, .remove), SetChange(.tunnel, other, .add(seconds: nil))])
    }

    @Test(arguments: [SteeredRoute.tunnel, .direct])
    func anAnswerNeverEvictsItsOwnAddresses(_ route: SteeredRoute) {
        for bounds in [Ledger.Bounds(perSet: 2), Ledger.Bounds(perRule: 2), Ledger.Bounds(perName: 2)] {
            var ledger = Ledger(bounds: bounds, grace: 0)
            let owed = ledger.give(addresses(5), to: route, at: start)
            #expect(owed.changes.count == 2 && owed.changes.allSatisfy { $0.change != .remove }, "\(bounds)")
            #expect(owed.excess == Array(addresses(5).dropFirst(2)))
        }
    }

    @Test func aNameHasItsBound() {
        var ledger = ledger(name: 3)
        for (index, address) in addresses(3).enumerated() { _ = ledger.give([address], ttl: 100 + UInt32(index), at: start) }
        _ = ledger.give([Self.one], "other.example", ttl: 1, at: start)
        #expect(ledger.give([.v4(7)], at: start).excess == [.v4(7)])
        let later = ledger.give([.v4(7)], at: start + 101_000)
        #expect(later.changes == [SetChange(.tunnel, addresses(1)[0], .remove), SetChange(.tunnel, .v4(7), .add(seconds: nil))])
        #expect(ledger.counters.evictedByName == 1)
        #expect(ledger.leases(of: Name.of("other.example")).count == 1, "others keep theirs")
    }

    /// Edge case 68: random names below a suffix rule, each with an address of its own.
    @Test(arguments: [SteeredRoute.tunnel, .direct])
    func aFloodUnderOneRulePushesOutNobodyElses(_ route: SteeredRoute) {
        var ledger = ledger(rule: 100, set: 200)
        let others = addresses(100)
        for (index, address) in others.enumerated() {
            _ = ledger.give([address], to: route, "\(index).example", rule: index, ttl: 5, at: start)
        }
        var refused = 0
        for index in 0..<5000 {
            let now = start + Int64(index)
            refused += ledger.give([.v4(UInt32(index))], to: route, "x\(index).flood.example", rule: 500, ttl: 600, at: now).excess.count
        }
        for (index, address) in others.enumerated() { #expect(ledger.owners(of: address) == [Owner.of("\(index).example")]) }
        #expect(ledger.count(route, .v4) == 200)
        switch route {
        case .tunnel: #expect(refused == 4900 && ledger.counters.evictions == 0)
        case .direct, .lan: #expect(refused == 0 && ledger.counters.evictedByRule == 4900)
        }
        // When the TTLs of the flood are over, its rule has room again, and makes it by itself.
        #expect(ledger.give([Self.one], to: route, "new.flood.example", rule: 500, at: start + 700_000).excess == [])
        #expect(ledger.count(route, .v4) == 200)
    }

    /// The same with a wildcard: all have one address. It stands; what is noted of the names is bounded, and the address lasts for the last of them.
    @Test func aFloodOfNamesOfOneAddressIsAnsweredAndBounded() {
        var ledger = ledger(rule: 100, set: 200)
        for index in 0..<5000 {
            let now = start + Int64(index) * 100
            #expect(ledger.give([Self.one], "x\(index).flood.example", rule: 5, ttl: 600, at: now).excess == [])
        }
        #expect(ledger.entryCount == 100 && ledger.count == 1)
        #expect(ledger.counters.folded == 4900)
        #expect(ledger.until(Self.one) == Instant(milliseconds: 2_100_000))
    }

    @Test func thereIsABoundOnAllTogether() {
        var ledger = ledger(rule: 1000, set: 20)
        for index in 0..<500 {
            let owed = ledger.give([Self.one], "x\(index).example", rule: index, ttl: 60, at: start + Int64(index) * 10_000)
            #expect(owed.excess == [])
        }
        #expect(ledger.entryCount <= 40)
        #expect(ledger.counters.evictedByAll > 400)
        #expect(ledger.until(Self.one) == start + 4_990_000 + 60_000)
    }

    @Test func whatIsEvictedOfANameLeavesTheAddressToItsOthers() {
        var ledger = ledger(name: 1)
        _ = ledger.give([Self.one], "a.example", ttl: 100, at: start)
        _ = ledger.give([Self.one], "b.example", ttl: 300, at: start)
        _ = ledger.give([.v4(9)], "b.example", ttl: 300, at: start + 300_000)
        #expect(ledger.counters.evictedByName == 1)
        #expect(ledger.owners(of: Self.one) == [.of("a.example")])
        #expect(ledger.expire(at: start + 300_000) == [SetChange(.tunnel, Self.one, .remove)])
    }

    /// 60 kB of addresses in one answer: a bounded number of steps, and what is beyond comes back.
    @Test func anAnswerOfTheLongestKindIsBounded() {
        var ledger = Ledger(grace: 0)
        let owed = ledger.give(addresses(4000), ttl: 300, at: start)
        #expect(owed.changes.count == 1024 && owed.excess.count == 2976)
    }
}
