// SPDX-License-Identifier: MIT
import Steering
import Testing
import Wire
import Workbench

@Suite struct LedgerRematchTests {
    private static let one = IPAddress.of("192.0.2.1")
    private static let two = IPAddress.of("192.0.2.2")
    private let start = Instant(milliseconds: 1_000_000)

    private func given() -> Ledger {
        var ledger = Ledger(grace: 0)
        _ = ledger.give([Self.one], "a.example", rule: 1, ttl: 100, at: start)
        _ = ledger.give([Self.one], "b.example", rule: 2, ttl: 300, at: start)
        _ = ledger.give([Self.two], "b.example", rule: 2, ttl: 300, at: start)
        return ledger
    }

    /// One that a rule wants in any tunnel is no conflict with one that names its own.
    @Test func whatTwoTunnelsClaimByNameIsTold() {
        var ledger = given()
        func owe(_ node: Int, _ name: String, _ ttl: UInt32) -> [SetChange] {
            let owed = ledger.owe([Self.one], to: .tunnel, Handling(node: node), owner: .of(name), rule: 7, ttl: ttl, at: start)
            ledger.settle(owed.changes, refused: [])
            return owed.changes
        }
        #expect(owe(3, "c.example", 100) == [SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(node: 3), former: .usual)])
        #expect(owe(3, "c.example", 100) == [])
        #expect(ledger.conflicts().isEmpty)
        #expect(owe(9, "d.example", 400) == [], "the first of the two has it")
        #expect(ledger.conflicts().map(\.address) == [Self.one])
        #expect(ledger.leases(of: Self.one).map(\.node) == [3])
        let replayed = ledger.replay(at: start)
        #expect(replayed.contains(SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(node: 3))))
        #expect(
            ledger.expire(at: start + 100_000) == [
                SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(node: 9), former: Handling(node: 3))
            ])
        #expect(ledger.conflicts().isEmpty)
    }

    /// Of two classes the first, and one before none: in the kernel with the address, and out of it with its owner.
    @Test func anAddressBearsTheFirstClassOfItsOwners() {
        var ledger = given()
        func owe(_ number: Int?, _ name: String, _ ttl: UInt32) -> [SetChange] {
            let owed = ledger.owe(
                [Self.one], to: .tunnel, Handling(trafficClass: number), owner: .of(name), rule: 7, ttl: ttl, at: start)
            ledger.settle(owed.changes, refused: [])
            return owed.changes
        }
        func change(_ number: Int?, after former: Int? = nil) -> [SetChange] {
            [SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(trafficClass: number), former: Handling(trafficClass: former))]
        }
        #expect(owe(4, "c.example", 100) == change(4))
        #expect(owe(nil, "d.example", 100) == [])
        #expect(owe(254, "e.example", 200) == [])
        #expect(owe(2, "f.example", 150) == change(2, after: 4))
        #expect(ledger.conflicts().isEmpty, "no other way for it")
        // Another rule for the same name.
        #expect(owe(5, "f.example", 150) == change(4, after: 2))
        #expect(ledger.expire(at: start + 100_000) == change(5, after: 4))
        #expect(ledger.expire(at: start + 150_000) == change(254, after: 5))
        #expect(ledger.expire(at: start + 200_000) == change(nil, after: 254))
        let verdict = Ledger.Verdict(.direct, Handling(trafficClass: 1), rule: 9)
        let moved = ledger.rematch(at: start + 200_000) { $0.name == .of("b.example") ? verdict : nil }
        #expect(moved.contains(SetChange(.direct, Self.one, .add(seconds: 100), Handling(trafficClass: 1))))
        #expect(moved.contains(SetChange(.tunnel, Self.one, .remove)))
    }

    /// What the kernel refuses stays as it was, in both books, and is tried again with the next answer.
    @Test func aRefusedClassIsTriedAgain() {
        var ledger = given()
        ledger.settle(ledger.elements(at: start), refused: [])
        func owe() -> [SetChange] {
            ledger.owe([Self.one], to: .tunnel, Handling(trafficClass: 4), owner: .of("c.example"), rule: 7, ttl: 100, at: start).changes
        }
        let change = SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(trafficClass: 4), former: .usual)
        #expect(owe() == [change])
        ledger.settle([change], refused: [change])
        #expect(ledger.elements(at: start).contains(SetChange(.tunnel, Self.one, .add(seconds: nil))))
        var other = ledger
        #expect(other.elementsAnew(at: start).contains(SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(trafficClass: 4))))
        #expect(owe() == [change])
        ledger.settle([change], refused: [])
        #expect(owe() == [])
    }

    /// As after a restart: who owns it is known before anybody asks again.
    @Test func whatWasOwedBeforeARestartHasItsTunnelAgain() throws {
        var former = Ledger(grace: 0)
        _ = former.owe([Self.one], to: .tunnel, Handling(node: 2), owner: .of("a.example"), rule: 1, ttl: 300, at: start)
        let clock = ImageClock(now: start, wall: 1_800_000_000, boot: [1])
        var ledger = Ledger(grace: 0)
        #expect(try ledger.restore(former.image(clock).span, clock) == 1)
        #expect(
            ledger.rematch(at: start) { _ in .init(.tunnel, Handling(node: 2), rule: 4) } == [
                SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(node: 2), former: .usual)
            ])
        #expect(ledger.elements(at: start) == [SetChange(.tunnel, Self.one, .add(seconds: nil), Handling(node: 2))])
    }

    @Test func theSameRulesChangeNothing() {
        var ledger = given()
        #expect(ledger.rematch(at: start) { $0.name == .of("a.example") ? .init(.tunnel, rule: 1) : .init(.tunnel, rule: 2) } == [])
        #expect(ledger.all == given().all)
    }

    @Test func withoutARuleAnOwnerGoesAndTheAddressWithTheLast() {
        var ledger = given()
        #expect(
            ledger.rematch(at: start) { $0.name == .of("a.example") ? .init(.tunnel, rule: 7) : nil } == [
                SetChange(.tunnel, Self.two, .remove)
            ])
        #expect(ledger.leases(of: Self.one).map(\.until) == [start + 100_000])
        #expect(ledger.leases(of: Self.one).flatMap(\.owners).map(\.rule) == [7])
        #expect(ledger.rematch(at: start) { _ in nil } == [SetChange(.tunnel, Self.one, .remove)])
        #expect(ledger.count == 0 && ledger.entryCount == 0)
    }

    /// Edge case 62: added there before it is removed here, in one batch.
    @Test func anotherRouteGetsTheAddressBeforeTheFirstLosesIt() {
        var ledger = given()
        let changes = ledger.rematch(at: start + 50_000) {
            $0.name == .of("b.example") ? .init(.direct, rule: 3) : .init(.tunnel, rule: 1)
        }
        #expect(
            Set(changes.prefix(2)) == [SetChange(.direct, Self.one, .add(seconds: 250)), SetChange(.direct, Self.two, .add(seconds: 250))])
        #expect(Array(changes.dropFirst(2)) == [SetChange(.tunnel, Self.two, .remove)])
        #expect(ledger.leases(of: Self.one).map(\.route) == [.tunnel, .direct])
        #expect(ledger.leases(of: Self.one).map(\.until) == [start + 100_000, start + 300_000])
        ledger.settle(changes, refused: [])
        #expect(ledger.rematch(at: start + 50_000) { _ in .init(.direct, rule: 3) } == [SetChange(.tunnel, Self.one, .remove)])
    }

    @Test func ownersThatChangePlacesChangeNothingInTheKernel() {
        var ledger = Ledger(grace: 0)
        _ = ledger.give([Self.one], to: .tunnel, "a.example", rule: 1, at: start)
        _ = ledger.give([Self.one], to: .lan, "b.example", rule: 2, at: start)
        #expect(ledger.rematch(at: start) { $0.name == .of("a.example") ? .init(.lan, rule: 1) : .init(.tunnel, rule: 2) } == [])
        #expect(ledger.leases(of: Self.one).map(\.owners).map { $0.map(\.owner) } == [[.of("b.example")], [.of("a.example")]])
    }

    @Test func bothNamesDecideAndAreAskedOnce() {
        var ledger = Ledger(grace: 0)
        for address in addresses(50) { _ = ledger.give([address], "www.shop.example", matched: "cdn.example", at: start) }
        var asked: [Owner] = []
        _ = ledger.rematch(at: start) {
            asked.append($0)
            return .init(.tunnel, rule: 0)
        }
        #expect(asked == [.of("www.shop.example", matched: "cdn.example")])
    }

    @Test func whatAFormerRunLeftIsPassedOver() {
        var ledger = Ledger(grace: 90_000)
        ledger.adopt([Self.one], to: .tunnel, at: start)
        #expect(ledger.rematch(at: start) { _ in nil } == [])
        #expect(ledger.leases(of: Self.one).flatMap(\.owners).map(\.rule) == [nil])
        #expect(ledger.expire(at: start + 90_000) == [SetChange(.tunnel, Self.one, .remove)])
    }

    @Test func whatHasNoRoomOnItsNewWayIsRefused() {
        var ledger = Ledger(bounds: Ledger.Bounds(perSet: 2), grace: 0)
        for address in addresses(2) { _ = ledger.give([address], to: .tunnel, "t.example", at: start) }
        _ = ledger.give([Self.one], to: .direct, "d.example", at: start)
        #expect(ledger.rematch(at: start) { _ in .init(.tunnel, rule: 0) } == [SetChange(.direct, Self.one, .remove)])
        #expect(ledger.counters.refused == 1 && ledger.count == 2)
    }
}
