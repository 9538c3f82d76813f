// SPDX-License-Identifier: MIT
import Testing
import Wire

@testable import Daemon

@Suite struct ReloadMachineTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    @Test func whoAsksIsAnsweredByAReadingThatBeganLater() {
        var machine = ReloadMachine()
        #expect(machine.ask(1) == true)
        // Its files may have been read already.
        #expect(machine.ask(2) == false)
        #expect(machine.ask(nil) == false)
        var (askers, again) = machine.finished()
        #expect(askers == [1] && again)
        (askers, again) = machine.finished()
        #expect(askers == [2, nil] && !again && !machine.isReading)
    }

    @Test func filesAreReadWhenTheyRest() {
        var machine = ReloadMachine()
        #expect(machine.due == nil)
        machine.changed(at: at(1000))
        machine.changed(at: at(1300))
        #expect(machine.due == at(1300 + ReloadMachine.quiet))
        #expect(machine.tick(at: at(1700)) == false)
        #expect(machine.tick(at: at(1800)) == true)
        #expect(machine.due == nil)
        let end = machine.finished()
        #expect(end.askers.isEmpty && !end.readsAgain)
    }

    @Test func filesThatNeverRestAreReadNowAndThen() {
        var machine = ReloadMachine()
        var readings = 0
        for time in stride(from: Int64(0), to: 60_000, by: 10) {
            machine.changed(at: at(time))
            if machine.tick(at: at(time)) { readings += 1 }
            if machine.isReading, time % 200 == 0, machine.finished().readsAgain { readings += 1 }
        }
        #expect((10...13).contains(readings), "\(readings)")
    }

    @Test func aChangeDuringAReadingIsNotForgotten() {
        var machine = ReloadMachine()
        #expect(machine.ask(1) == true)
        machine.changed(at: at(100))
        #expect(machine.tick(at: at(700)) == false, "one at a time")
        let (askers, again) = machine.finished()
        #expect(askers == [1] && again)
        let end = machine.finished()
        #expect(!end.readsAgain)
    }
}
