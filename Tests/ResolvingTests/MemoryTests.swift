// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Testing
import Wire
import Workbench

/// What the resolver remembers has bounds, and says what it had to forget.
@Suite struct MemoryTests {
    private func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }

    private func records(_ memory: HandedOut, at now: Instant) -> [HandedOut.Record] {
        var records: [HandedOut.Record] = []
        memory.forEach(at: now) { records.append($0) }
        return records
    }

    @Test func whatIsHandedOutComesBackUntilItIsOver() {
        var memory = HandedOut()
        let aliases = NameList([.of("cdn.test"), .of("x.cdn.test")])
        memory.note(.of("a.example"), aliases, [.of("192.0.2.7"), .of("2001:db8::7"), .of("192.0.2.8")], until: at(60), at: at(0))
        memory.note(.of("b.example"), NameList([]), [.of("192.0.2.9")], until: at(30), at: at(0))
        memory.note(.of("over.example"), NameList([]), [.of("192.0.2.9")], until: at(0), at: at(0))
        memory.note(.of("none.example"), NameList([]), [], until: at(60), at: at(0))
        let all = records(memory, at: at(29))
        #expect(all.map { Array($0.names) } == [[.of("a.example"), .of("cdn.test"), .of("x.cdn.test")], [.of("b.example")]])
        #expect(all.map(\.addresses) == [[.of("192.0.2.7"), .of("2001:db8::7"), .of("192.0.2.8")], [.of("192.0.2.9")]])
        #expect(all.map(\.until) == [at(60), at(30)])
        #expect(records(memory, at: at(30)).count == 1)
        #expect(records(memory, at: at(60)).isEmpty)
        #expect(memory.forgottenUntil == nil)
    }

    @Test func aRecordKeepsItsNumberWhileOthersGo() {
        var memory = HandedOut()
        // Long enough that the bytes of those that are gone are given up on the way.
        let aliases = NameList([Name.of(String(repeating: "a", count: 60) + ".test"), .of(String(repeating: "b", count: 60) + ".test")])
        for number in 0..<2 * HandedOut.mostAnswers {
            memory.note(.of("n\(number).example"), aliases, [.v4(UInt32(number)), .of("2001:db8::1")], until: at(600), at: at(0))
        }
        #expect(memory.numbers.upperBound == 2 * HandedOut.mostAnswers)
        #expect(memory.numbers.count < HandedOut.mostAnswers)
        #expect(memory.record(memory.numbers.lowerBound - 1, at: at(0)) == nil)
        #expect(memory.record(memory.numbers.upperBound, at: at(0)) == nil)
        for number in memory.numbers {
            let record = memory.record(number, at: at(0))
            #expect(record?.addresses == [.v4(UInt32(number)), .of("2001:db8::1")])
            #expect(record.map { Array($0.names) } == [.of("n\(number).example")] + Array(aliases))
        }
    }

    @Test func theOldestMakeRoomAndAreCounted() {
        var memory = HandedOut()
        for number in 0..<HandedOut.mostAnswers + 100 {
            memory.note(
                .of("n\(number).example"), NameList([]), [.v4(UInt32(number))], until: at(number == 50 ? 900 : 600), at: at(0))
        }
        #expect(memory.count == HandedOut.mostAnswers)
        #expect(memory.forgotten == 100)
        #expect(memory.forgottenUntil == at(900), "the longest of what was forgotten")
        #expect(records(memory, at: at(0)).first?.names.first { _ in true } == .of("n100.example"))
        // What is over makes room without being missed.
        memory.note(.of("new.example"), NameList([]), [.of("192.0.2.7")], until: at(2000), at: at(1000))
        #expect(memory.forgotten == 100)
        #expect(records(memory, at: at(1000)).map(\.addresses) == [[.of("192.0.2.7")]])
        #expect(memory.count == 1)
    }

    @Test func bytesAreBoundedToo() {
        var memory = HandedOut()
        let addresses = (0..<1000).map { IPAddress.v6(high: 7, low: $0) }
        for number in 0..<100 { memory.note(.of("n\(number).example"), NameList([]), addresses, until: at(600), at: at(0)) }
        #expect(memory.count < HandedOut.mostBytes / 16_000 + 1 && memory.count > 50)
        let huge = (0..<8000).map { IPAddress.v6(high: 7, low: $0) }
        let before = memory.count
        memory.note(.of("huge.example"), NameList([]), huge, until: at(700), at: at(0))
        #expect(memory.count == before && memory.forgottenUntil == at(700))
    }

    @Test func targetsOfServicesAreBounded() {
        var targets = ServiceTargets()
        for number in 0..<ServiceTargets.most + 10 {
            targets.remember([.of("t\(number).test")], of: .of("corp.example"), ttl: UInt32(1000 + number), at: at(0))
        }
        #expect(targets.count == ServiceTargets.most)
        #expect(targets.origin(of: .of("t0.test")) == nil, "those that end first make room")
        #expect(targets.origin(of: .of("t\(ServiceTargets.most).test")) == .of("corp.example"))
        targets.expire(at: at(100_000))
        #expect(targets.count == 0)
    }

    /// The daemon's way at its start: an image may be of other rules, and of another network.
    @Test func whatIsRestoredIsGuardedLikeAnAnswer() throws {
        let clock = ImageClock(now: at(1000), wall: 1_800_000_000, boot: [1])
        var former = Ledger(grace: 60_000)
        let addresses = ["10.0.0.9", "203.0.113.5", "203.0.113.6"].map { IPAddress.of($0) }
        _ = former.owe(addresses, to: .tunnel, owner: Owner(name: .of("a.test"), matched: .of("a.test")), rule: 0, ttl: 600, at: at(1000))
        var ledger = Ledger(grace: 60_000)
        #expect(try ledger.restore(former.image(clock).span, clock) == 3)
        let snapshot = Snapshot(
            circumstances: Circumstances(setting: .standard, systemServers: [], relayServers: []),
            matcher: Matcher(RuleParser.read(Array("direct a.test".utf8), file: "test").rules),
            steeringGuard: SteeringGuard(announced: [.of("203.0.113.6")]))
        _ = snapshot.rematch(&ledger, at: at(1000))
        #expect(ledger.all.map(\.address) == [.of("203.0.113.5")])
    }

    @Test func floodsAreNoFloodsOfNotes() {
        var valve = NoteValve()
        let name = Name.of("evil.example")
        #expect(valve.pass(.rebinding, name, [], at: at(0)) != nil)
        for _ in 0..<1000 { #expect(valve.pass(.rebinding, name, [], at: Instant(milliseconds: 999)) == nil) }
        #expect(valve.pass(.narrowed, name, [], at: Instant(milliseconds: 999)) != nil, "other kinds are told")
        #expect(valve.pass(.rebinding, name, [], at: at(1))?.more == 1000)
        #expect(valve.pass(.rebinding, name, [], at: at(2))?.more == 0)
    }
}
