// SPDX-License-Identifier: MIT
import Testing
import Wire

@testable import HostDNS

struct TakeoverMachineTests {
    static func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    static func holding() -> TakeoverMachine {
        var machine = TakeoverMachine()
        _ = machine.saw(.ours(exact: true), wished: true, at: at(0))
        return machine
    }

    @Test(arguments: [Hold.foreign, .ours(exact: false), .original, .none])
    func aChangeIsAnsweredOnceAndSoon(_ hold: Hold) {
        var machine = Self.holding()
        #expect(machine.saw(hold, wished: true, at: Self.at(1000)) == .none)
        #expect(machine.tick(at: Self.at(1000)) == .none, "the other one may not be done")
        let due = machine.due ?? Self.at(0)
        #expect(due - Self.at(1000) <= 2000, "ours again within 2 s")
        #expect(machine.tick(at: due) == .takeAgain)
        #expect(machine.tick(at: due + 1) == .none)
        #expect((machine.changes, machine.repairs) == (1, 1))
    }

    @Test func aBurstIsOneChangeAndCannotPutUsOffForEver() {
        var machine = Self.holding()
        var taken: Int64?
        for time in stride(from: Int64(1000), to: 4000, by: 50) where taken == nil {
            _ = machine.saw(.foreign, wished: true, at: Self.at(time))
            if machine.tick(at: Self.at(time)) == .takeAgain { taken = time }
        }
        #expect(taken == 2000)
        #expect(machine.changes == 1)
    }

    @Test func afterTenInAMinuteItIsGivenUpAndReportedOnce() {
        var machine = Self.holding()
        var reports = 0
        for second in Int64(1)...50 {
            _ = machine.saw(.foreign, wished: true, at: Self.at(second * 1000))
            switch machine.tick(at: Self.at(second * 1000 + 300)) {
            case .takeAgain: _ = machine.saw(.ours(exact: true), wished: true, at: Self.at(second * 1000 + 301))
            case .report: reports += 1
            case .none: break
            }
        }
        #expect(machine.repairs == TakeoverMachine.most)
        #expect(reports == 1)
        #expect(machine.state.isContested)
        #expect(machine.due == nil)
        // Somebody typed activate again.
        _ = machine.saw(.ours(exact: true), wished: true, at: Self.at(60_000))
        #expect(machine.state == .holding)
        _ = machine.saw(.foreign, wished: true, at: Self.at(61_000))
        #expect(machine.tick(at: Self.at(62_000)) == .takeAgain)
    }

    @Test func slowlyItGoesOnForEver() {
        var machine = Self.holding()
        for round in Int64(1)...100 {
            _ = machine.saw(.foreign, wished: true, at: Self.at(round * 7000))
            #expect(machine.tick(at: Self.at(round * 7000 + 300)) == .takeAgain)
            _ = machine.saw(.ours(exact: true), wished: true, at: Self.at(round * 7000 + 301))
        }
    }

    @Test func withoutTheWishNothingIsDone() {
        var machine = Self.holding()
        _ = machine.saw(.foreign, wished: true, at: Self.at(1000))
        _ = machine.saw(.foreign, wished: false, at: Self.at(1010))
        #expect(machine.due == nil)
        #expect(machine.tick(at: Self.at(9000)) == .none)
        #expect(machine.state == .idle)
    }

    @Test func aFailureIsTriedAgainWithinTheSameBounds() {
        var machine = Self.holding()
        _ = machine.saw(.foreign, wished: true, at: Self.at(1000))
        var tries = 0
        for time in stride(from: Int64(1000), to: 60_000, by: 100) where machine.tick(at: Self.at(time)) == .takeAgain {
            tries += 1
            machine.failed(at: Self.at(time))
        }
        #expect(tries == TakeoverMachine.most)
        #expect(machine.state.isContested)
    }
}

extension TakeoverMachine.State {
    var isContested: Bool { if case .contested = self { true } else { false } }
}
