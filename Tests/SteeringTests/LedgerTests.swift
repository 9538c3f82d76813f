// SPDX-License-Identifier: MIT
import Steering
import Testing
import Wire
import Workbench

@Suite struct LedgerTests {
    private static let owner = Owner.of("git.corp.example")
    private static let one = IPAddress.of("192.0.2.1")
    private static let six = IPAddress.of("2001:db8::1")
    private let start = Instant(milliseconds: 1_000_000)

    private func ledger(grace: Int64 = 1_800_000, stale: Int64 = 0) -> Ledger { Ledger(grace: grace, stale: stale) }

    @Test func aNewAddressIsWrittenBeforeTheAnswerLeaves() {
        var ledger = ledger()
        let owed = ledger.owe([Self.one, Self.six], to: .tunnel, owner: Self.owner, rule: 0, ttl: 300, at: start)
        #expect(owed.changes == [SetChange(.tunnel, Self.one, .add(seconds: nil)), SetChange(.tunnel, Self.six, .add(seconds: nil))])
        #expect(owed.excess == [])
        #expect(ledger.count(.tunnel, .v4) == 1 && ledger.count(.tunnel, .v6) == 1 && ledger.count(.direct, .v4) == 0)
    }

    @Test func onlyTheTunnelsElementsStayForEverInTheKernel() {
        var ledger = ledger()
        #expect(ledger.give([Self.one], to: .direct, at: start).changes == [SetChange(.direct, Self.one, .add(seconds: 2100))])
        #expect(ledger.give([Self.one], to: .lan, at: start).changes == [SetChange(.lan, Self.one, .add(seconds: 2100))])
        #expect(ledger.give([Self.one], to: .tunnel, at: start).changes == [SetChange(.tunnel, Self.one, .add(seconds: nil))])
        #expect(ledger.routes(of: Self.one) == [.tunnel, .direct, .lan])
    }

    @Test func untilTheKernelHasSaidYesEveryAnswerWritesAgain() {
        var ledger = ledger()
        let changes = ledger.owe([Self.one], to: .tunnel, owner: Self.owner, rule: 0, ttl: 300, at: start).changes
        #expect(ledger.owe([Self.one], to: .tunnel, owner: .of("b.example"), rule: 0, ttl: 300, at: start).changes == changes)
        ledger.settle(changes, refused: [])
        #expect(ledger.owe([Self.one], to: .tunnel, owner: Self.owner, rule: 0, ttl: 300, at: start).changes == [])
    }

    @Test func whatTheKernelRefusesIsNotOwed() {
        var ledger = ledger()
        let changes = ledger.owe([Self.one, Self.six], to: .tunnel, owner: Self.owner, rule: 0, ttl: 300, at: start).changes
        ledger.settle(changes, refused: [changes[0]])
        #expect(ledger.leases(of: Self.one) == [])
        #expect(ledger.leases(of: Self.six).count == 1)
        #expect(ledger.count(.tunnel, .v4) == 0 && ledger.counters.refused == 1)
        #expect(ledger.owe([Self.one, Self.six], to: .tunnel, owner: Self.owner, rule: 0, ttl: 300, at: start).changes == [changes[0]])
    }

    /// The table may be gone for a moment: what stood in it is put back with it.
    @Test func whatStoodInTheKernelSurvivesARefusedRenewal() {
        var ledger = ledger()
        _ = ledger.give([Self.one], to: .direct, at: start)
        let renewed = ledger.owe([Self.one], to: .direct, owner: Self.owner, rule: 0, ttl: 300, at: start + 1_200_000).changes
        #expect(renewed == [SetChange(.direct, Self.one, .add(seconds: 2100))])
        ledger.settle(renewed, refused: renewed)
        #expect(ledger.elements(at: start + 1_200_000) == renewed)
        #expect(ledger.owe([Self.one], to: .direct, owner: Self.owner, rule: 0, ttl: 300, at: start + 1_200_000).changes == renewed)
    }

    @Test func leasesAreExtendedAndNeverShortened() throws {
        var ledger = ledger()
        _ = ledger.give([Self.one], ttl: 300, at: start)
        #expect(ledger.until(Self.one) == start + 2_100_000)
        _ = ledger.give([Self.one], "other.example", ttl: 10, at: start)
        #expect(ledger.until(Self.one) == start + 2_100_000)
        _ = ledger.give([Self.one], ttl: 10, at: start)
        #expect(ledger.until(Self.one) == start + 2_100_000)
        _ = ledger.give([Self.one], ttl: 300, at: start + 5000)
        #expect(ledger.until(Self.one) == start + 2_105_000)
        let lease = try #require(ledger.leases(of: Self.one).first)
        #expect(lease.owners.map(\.owner) == [.of("other.example"), Self.owner])
        #expect(lease.owners.map(\.until) == [start + 1_810_000, start + 2_105_000])
        #expect(lease.owners.map(\.rule) == [0, 0])
    }

    @Test func theTimeIsTTLAndStaleWindowAndGraceAndAMinuteAtTheLeast() {
        var ledger = ledger(grace: 30_000, stale: 10_000)
        let cases: [(ttl: UInt32, seconds: Int64)] = [
            (0, 60), (19, 60), (20, 60), (21, 61), (300, 340), (UInt32(Int32.max), 2_147_483_687),
        ]
        for (index, (ttl, seconds)) in cases.enumerated() {
            _ = ledger.give([.v4(UInt32(index))], ttl: ttl, at: start)
            #expect(ledger.until(.v4(UInt32(index))) == start + seconds * 1000, "TTL \(ttl)")
        }
        // RFC 2181 section 8: the topmost bit means 0.
        for ttl in [1 << 31, UInt32.max] as [UInt32] {
            _ = ledger.give([.v4(ttl)], ttl: ttl, at: start)
            #expect(ledger.until(.v4(ttl)) == start + 60_000)
        }
        // Whole seconds, never fewer.
        _ = ledger.give([Self.one], ttl: 300, at: start + 1)
        #expect(ledger.until(Self.one) == start + 341_000)
    }

    @Test func anAnswerFromTheCacheWritesNothingForTheTunnel() {
        var ledger = ledger(grace: 0)
        _ = ledger.give([Self.one], ttl: 60, at: start)
        for second in 1...1000 { #expect(ledger.give([Self.one], ttl: 60, at: start + Int64(second) * 1000).changes == []) }
        #expect(ledger.until(Self.one) == start + 1_060_000)
    }

    @Test func theKernelsTimeoutIsRenewedBelowHalfItsTime() {
        var ledger = ledger(grace: 120_000)
        _ = ledger.give([Self.one], to: .direct, ttl: 600, at: start)
        // From the cache: what is left of the TTL, and no more.
        for second in stride(from: 0, to: 600, by: 10) {
            #expect(ledger.give([Self.one], to: .direct, ttl: 600 - UInt32(second), at: start + Int64(second) * 1000).changes == [])
        }
        var short = self.ledger(grace: 1_800_000)
        _ = short.give([Self.one], to: .direct, ttl: 0, at: start)
        #expect(short.give([Self.one], to: .direct, ttl: 0, at: start + 900_000).changes == [])
        #expect(
            short.give([Self.one], to: .direct, ttl: 0, at: start + 901_000).changes == [SetChange(.direct, Self.one, .add(seconds: 1800))])
        #expect(short.give([Self.one], to: .direct, ttl: 0, at: start + 901_000).changes == [])
    }

    /// A client must never hold an address longer than the kernel does.
    @Test func theKernelKeepsADirectAddressForAsLongAsTheTTLAndHalfTheGrace() {
        var random = SeededRandom(seed: 2107)
        var ledger = ledger(grace: 20_000)
        var now = start
        var kernel = start
        var writes = 0
        for _ in 0..<5000 {
            now = now + Int64.random(in: 0...40_000, using: &random)
            let ttl = UInt32.random(in: 0...600, using: &random)
            for change in ledger.give([Self.one], to: .direct, ttl: ttl, at: now).changes {
                guard case .add(let seconds?) = change.change else { continue }
                #expect(now + Int64(seconds) * 1000 > kernel + -1000, "shortened")
                kernel = now + Int64(seconds) * 1000
                writes += 1
            }
            #expect(kernel + 1000 > now + Int64(ttl) * 1000 + 10_000)
        }
        #expect((500...2500).contains(writes), "\(writes)")
    }

    @Test func whatIsOverIsTakenOut() {
        var ledger = ledger(grace: 0)
        _ = ledger.give([Self.one], ttl: 100, at: start)
        _ = ledger.give([Self.six], ttl: 200, at: start)
        #expect(ledger.expire(at: start + 99_999) == [])
        #expect(ledger.expire(at: start + 100_000) == [SetChange(.tunnel, Self.one, .remove)])
        #expect(ledger.expire(at: start + 100_000) == [])
        #expect(ledger.count == 1 && ledger.count(.tunnel, .v4) == 0)
    }

    @Test func anAddressGoesWithItsLastOwner() {
        var ledger = ledger(grace: 0)
        _ = ledger.give([Self.one], "a.example", ttl: 100, at: start)
        _ = ledger.give([Self.one], "b.example", ttl: 300, at: start)
        _ = ledger.give([Self.one], "c.example", matched: "d.example", ttl: 200, at: start)
        #expect(ledger.expire(at: start + 250_000) == [])
        #expect(ledger.owners(of: Self.one) == [.of("b.example")])
        #expect(ledger.leases(of: Name.of("a.example")) == [] && ledger.leases(of: Name.of("b.example")).map(\.address) == [Self.one])
        #expect(ledger.expire(at: start + 300_000) == [SetChange(.tunnel, Self.one, .remove)])
        #expect(ledger.count == 0 && ledger.entryCount == 0)
    }

    /// Edge case 19: the ledger's clock runs on while the machine sleeps, the kernel's timers do not. After two days of sleep all is over, and
    /// what the kernel would still keep is taken out.
    @Test func afterALongSleepWhatIsOverGoes() {
        var ledger = ledger()
        _ = ledger.give([Self.one], to: .direct, at: start)
        _ = ledger.give([Self.six], to: .tunnel, ttl: 200_000, at: start)
        #expect(ledger.expire(at: start + 172_800_000) == [SetChange(.direct, Self.one, .remove)])
        #expect(ledger.give([Self.six], ttl: 10, at: start + 172_800_000).changes == [], "and what is not over stays")
    }

    @Test func theLeasesOfANameAreThoseOfItsAnswers() {
        var ledger = ledger()
        _ = ledger.give([Self.one, Self.six], "www.corp.example", matched: "cdn.example", at: start)
        _ = ledger.give([Self.one], "git.corp.example", at: start)
        #expect(Set(ledger.leases(of: Name.of("www.corp.example")).map(\.address)) == [Self.one, Self.six])
        #expect(ledger.leases(of: Name.of("cdn.example")) == [])
    }

    @Test func anAddressOfTwoRoutesIsAConflict() {
        var ledger = ledger()
        for address in addresses(5) { _ = ledger.give([address], at: start) }
        _ = ledger.give(addresses(7), to: .direct, "cdn.example", rule: 4, at: start)
        _ = ledger.give([Self.six], to: .direct, "cdn.example", rule: 4, at: start)
        let conflicts = ledger.conflicts()
        #expect(conflicts.map(\.address) == addresses(5))
        #expect(conflicts.allSatisfy { $0.leases.map(\.route) == [.tunnel, .direct] })
        #expect(conflicts[0].leases.map { $0.owners.map(\.owner) } == [[.of("git.corp.example")], [.of("cdn.example")]])
        // A network of the tunnel's claims what a direct name has.
        let last = addresses(7)[6]
        #expect(ledger.conflicts { $0 == last }.map(\.address) == addresses(5) + [last])
    }

    @Test func anEmptiedSetIsFilledAgain() {
        var ledger = ledger(grace: 0)
        _ = ledger.give([Self.one], ttl: 100, at: start)
        _ = ledger.give([Self.six], to: .direct, ttl: 200, at: start)
        let changes = ledger.replay(at: start + 50_000)
        #expect(Set(changes) == [SetChange(.tunnel, Self.one, .add(seconds: nil)), SetChange(.direct, Self.six, .add(seconds: 150))])
        // Not yet acknowledged: an answer in between writes again.
        #expect(ledger.owe([Self.one], to: .tunnel, owner: Self.owner, rule: 0, ttl: 10, at: start + 50_000).changes.count == 1)
        ledger.settle(changes, refused: [])
        #expect(ledger.give([Self.one], ttl: 10, at: start + 50_000).changes == [])
        #expect(Set(ledger.replay(at: start + 150_000).map(\.address)) == [Self.six], "what is over stays out")
    }

    /// One after the other they are those of `all`, by address and route.
    @Test func leasesAreSeenByNumber() {
        var ledger = Ledger(grace: 0)
        let some: [IPAddress] = [.of("2001:db8::1"), .of("203.0.113.9"), .of("10.0.0.9"), .of("203.0.113.5")]
        _ = ledger.give(some, to: .tunnel, "a.corp.example", at: Instant(milliseconds: 0))
        _ = ledger.give([.of("203.0.113.5")], to: .direct, "shop.example", at: Instant(milliseconds: 0))
        let all = ledger.numbers().map { ledger.lease($0) }
        #expect(
            all.map { "\($0.route) \($0.address)" } == [
                "tunnel 10.0.0.9", "direct 203.0.113.5", "tunnel 203.0.113.5", "tunnel 203.0.113.9", "tunnel 2001:db8::1",
            ])
        #expect(Set(all) == Set(ledger.all))
        #expect(ledger.numbers(of: .of("203.0.113.5")).map { ledger.lease($0).route } == [.direct, .tunnel])
        #expect(ledger.numbers(atOrBelow: .of("corp.example")).count == 4)
        #expect(ledger.numbers(atOrBelow: .of("shop.example")).count == 1 && ledger.numbers(atOrBelow: .of("p.example")) == [])
    }
}
