// SPDX-License-Identifier: MIT
import Steering
import Testing
import Wire
import Workbench

@Suite struct LedgerTests {
    private static let name = Name.of("git.corp.example")
    private static let one = IPAddress.of("192.0.2.1")
    private static let six = IPAddress.of("2001:db8::1")
    private let start = Instant(milliseconds: 1_000_000)

    private func ledger(grace: Int64 = 1_800_000, capacity: Int = 100) -> Ledger { Ledger(grace: grace, capacity: capacity) }

    @Test func aNewAddressIsWrittenBeforeTheAnswerLeaves() {
        var ledger = ledger()
        let changes = ledger.owe([Self.one, Self.six], to: .tunnel, name: Self.name, ttl: 300, at: start)
        #expect(changes == [SetChange(.tunnel, Self.one, .add(seconds: nil)), SetChange(.tunnel, Self.six, .add(seconds: nil))])
        #expect(ledger.count(.tunnel, .v4) == 1 && ledger.count(.tunnel, .v6) == 1 && ledger.count(.direct, .v4) == 0)
    }

    @Test func onlyTheTunnelsElementsStayForEverInTheKernel() {
        var ledger = ledger()
        #expect(
            ledger.owe([Self.one], to: .direct, name: Self.name, ttl: 300, at: start) == [SetChange(.direct, Self.one, .add(seconds: 2100))]
        )
        #expect(ledger.owe([Self.one], to: .lan, name: Self.name, ttl: 300, at: start) == [SetChange(.lan, Self.one, .add(seconds: 2100))])
        #expect(
            ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 300, at: start) == [SetChange(.tunnel, Self.one, .add(seconds: nil))])
        #expect(ledger.leases(of: Self.one).map(\.route) == [.tunnel, .direct, .lan])
    }

    @Test func untilTheKernelHasSaidYesEveryAnswerWritesAgain() {
        var ledger = ledger()
        let changes = ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 300, at: start)
        #expect(ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 300, at: start) == changes)
        ledger.settle(changes, refused: [])
        #expect(ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 300, at: start) == [])
    }

    @Test func whatTheKernelRefusesIsNotOwed() {
        var ledger = ledger()
        let changes = ledger.owe([Self.one, Self.six], to: .tunnel, name: Self.name, ttl: 300, at: start)
        ledger.settle(changes, refused: [changes[0]])
        #expect(ledger.leases(of: Self.one) == [])
        #expect(ledger.leases(of: Self.six).count == 1)
        #expect(ledger.count(.tunnel, .v4) == 0)
        #expect(ledger.owe([Self.one, Self.six], to: .tunnel, name: Self.name, ttl: 300, at: start) == [changes[0]])
    }

    @Test func leasesAreExtendedAndNeverShortened() throws {
        var ledger = ledger(grace: 1_800_000)
        _ = ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 300, at: start)
        #expect(try #require(ledger.leases(of: Self.one).first).until == start + 2_100_000)
        _ = ledger.owe([Self.one], to: .tunnel, name: .of("other.example"), ttl: 10, at: start)
        #expect(try #require(ledger.leases(of: Self.one).first).until == start + 2_100_000)
        #expect(try #require(ledger.leases(of: Self.one).first).name == .of("other.example"))
        _ = ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 300, at: start + 5000)
        #expect(try #require(ledger.leases(of: Self.one).first).until == start + 2_105_000)
    }

    @Test func theShortestLeaseIsAMinute() throws {
        var ledger = ledger(grace: 0)
        _ = ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 0, at: start)
        #expect(try #require(ledger.leases(of: Self.one).first).until == start + 60_000)
    }

    @Test func theKernelsTimeoutIsRenewedBeforeTheLeaseOutlivesItByHalfTheGrace() {
        var ledger = ledger(grace: 1_800_000)
        ledger.settle(ledger.owe([Self.one], to: .direct, name: Self.name, ttl: 60, at: start), refused: [])
        #expect(ledger.owe([Self.one], to: .direct, name: Self.name, ttl: 60, at: start + 900_000) == [])
        let changes = ledger.owe([Self.one], to: .direct, name: Self.name, ttl: 60, at: start + 900_001)
        #expect(changes == [SetChange(.direct, Self.one, .add(seconds: 1860))])
        ledger.settle(changes, refused: [])
        #expect(ledger.owe([Self.one], to: .direct, name: Self.name, ttl: 60, at: start + 900_002) == [])
    }

    @Test func whatIsOverIsTakenOut() {
        var ledger = ledger(grace: 0)
        ledger.settle(ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 100, at: start), refused: [])
        ledger.settle(ledger.owe([Self.six], to: .tunnel, name: Self.name, ttl: 200, at: start), refused: [])
        #expect(ledger.expire(at: start + 99_999) == [])
        #expect(ledger.expire(at: start + 100_000) == [SetChange(.tunnel, Self.one, .remove)])
        #expect(ledger.expire(at: start + 100_000) == [])
        #expect(ledger.count == 1 && ledger.count(.tunnel, .v4) == 0)
    }

    @Test func aFullSetLosesItsOldestLease() {
        var ledger = ledger(grace: 0, capacity: 3)
        let addresses = (0..<4).map { IPAddress.v4(0xC000_0200 + $0) }
        for (index, ttl) in [(0, UInt32(300)), (1, 100), (2, 200)] {
            ledger.settle(ledger.owe([addresses[index]], to: .tunnel, name: Self.name, ttl: ttl, at: start), refused: [])
        }
        // Other families and routes have sets of their own.
        #expect(ledger.owe([Self.six], to: .tunnel, name: Self.name, ttl: 1, at: start).count == 1)
        #expect(ledger.owe([Self.one], to: .direct, name: Self.name, ttl: 1, at: start).count == 1)
        let changes = ledger.owe([addresses[3]], to: .tunnel, name: Self.name, ttl: 50, at: start + 100_000)
        #expect(changes == [SetChange(.tunnel, addresses[1], .remove), SetChange(.tunnel, addresses[3], .add(seconds: nil))])
        #expect(ledger.evictions == 1)
        #expect(ledger.count(.tunnel, .v4) == 3)
        // An address that is there already needs no room.
        #expect(ledger.owe([addresses[0]], to: .tunnel, name: Self.name, ttl: 50, at: start) == [])
    }

    /// A client may still connect to it: outside, if it were evicted.
    @Test func noTunnelLeaseIsEvictedWhileItsTTLRuns() {
        var ledger = ledger(grace: 60_000, capacity: 1)
        for route in [SteeredRoute.tunnel, .direct] {
            ledger.settle(ledger.owe([Self.one], to: route, name: Self.name, ttl: 100, at: start), refused: [])
        }
        let other = IPAddress.v4(0xC000_0277)
        let early = ledger.owe([other], to: .tunnel, name: Self.name, ttl: 100, at: start + 99_999)
        #expect(early == [SetChange(.tunnel, other, .add(seconds: nil))], "and the kernel refuses it")
        ledger.settle(early, refused: early)
        #expect(
            ledger.owe([other], to: .direct, name: Self.name, ttl: 100, at: start + 99_999).contains(SetChange(.direct, Self.one, .remove)))
        #expect(
            ledger.owe([other], to: .tunnel, name: Self.name, ttl: 100, at: start + 100_000).contains(SetChange(.tunnel, Self.one, .remove))
        )
    }

    /// An answer with more addresses than a set holds must not hand out one that the same batch takes out again.
    @Test func anAnswerNeverEvictsItsOwnAddresses() {
        var ledger = ledger(grace: 0, capacity: 2)
        let addresses = (0..<3).map { IPAddress.v4(0xC000_0200 + $0) }
        let changes = ledger.owe(addresses, to: .tunnel, name: Self.name, ttl: 300, at: start)
        let removed = changes.filter { $0.change == .remove }.map(\.address)
        #expect(removed.allSatisfy { !addresses.contains($0) }, "\(changes)")
    }

    @Test func anEmptiedSetIsFilledAgain() {
        var ledger = ledger(grace: 0)
        ledger.settle(ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 100, at: start), refused: [])
        ledger.settle(ledger.owe([Self.six], to: .direct, name: Self.name, ttl: 200, at: start), refused: [])
        let changes = ledger.replay(at: start + 50_000)
        #expect(Set(changes) == [SetChange(.tunnel, Self.one, .add(seconds: nil)), SetChange(.direct, Self.six, .add(seconds: 150))])
        // Not yet acknowledged: an answer in between writes again.
        #expect(ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 10, at: start + 50_000).count == 1)
        ledger.settle(changes, refused: [])
        #expect(ledger.owe([Self.one], to: .tunnel, name: Self.name, ttl: 10, at: start + 50_000) == [])
        #expect(Set(ledger.replay(at: start + 150_000).map(\.address)) == [Self.six], "what is over stays out")
    }

    @Test func theLedgerAgreesWithANaiveOne() {
        var random = SeededRandom(seed: 5736)
        var ledger = ledger(grace: 120_000, capacity: 1000)
        var naive: [String: (until: Instant, isInKernel: Bool)] = [:]
        var now = start
        var extended = 0
        for _ in 0..<5000 {
            now = now + Int64.random(in: 0...4000, using: &random)
            let route = SteeredRoute.allCases.randomElement(using: &random) ?? .tunnel
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                let over = naive.filter { $0.value.until <= now }.map(\.key)
                for key in over { naive[key] = nil }
                #expect(Set(ledger.expire(at: now).map { "\($0.route) \($0.address) \($0.change)" }) == Set(over.map { $0 + " remove" }))
            case 1 where Int.random(in: 0..<20, using: &random) == 0:
                let changes = ledger.replay(at: now)
                #expect(Set(changes.map { "\($0.route) \($0.address)" }) == Set(naive.filter { $0.value.until > now }.map(\.key)))
                ledger.settle(changes, refused: [])
                for (key, lease) in naive { naive[key]?.isInKernel = lease.until > now }
            default:
                let address = IPAddress.v4(0xC000_0200 + UInt32.random(in: 0..<60, using: &random))
                let ttl = UInt32.random(in: 0...300, using: &random)
                let key = "\(route) \(address)"
                let known = naive[key]
                let until = max(known?.until ?? now, now + max(60_000, Int64(ttl) * 1000 + 120_000))
                let changes = ledger.owe([address], to: route, name: Self.name, ttl: ttl, at: now)
                #expect(!changes.isEmpty || known?.isInKernel == true, "\(key) is handed out and not in the kernel")
                if route == .tunnel { #expect(changes.isEmpty == (known?.isInKernel == true), "\(key) is written more than once") }
                let isRefused = !changes.isEmpty && Int.random(in: 0..<10, using: &random) == 0
                ledger.settle(changes, refused: isRefused ? changes : [])
                naive[key] = isRefused ? nil : (until, true)
                if known != nil, !isRefused { extended += 1 }
                #expect(ledger.leases(of: address).first { $0.route == route }?.until == (isRefused ? nil : until))
            }
            #expect(ledger.count == naive.count)
        }
        #expect(extended > 1500)
    }
}
