// SPDX-License-Identifier: MIT
import Testing
import Tunnels
import Wire

@Suite struct NodeHealthTests {
    /// Moments at which a node that answered once is asked, for a minute.
    private func asked(_ random: UInt16) -> [Int64] {
        var health = NodeHealth(.init(interval: 100, latency: 500, failures: 3), at: .init(milliseconds: 0))
        var moments: [Int64] = []
        for time in Int64(0)..<60_000 {
            let now = Instant(milliseconds: time)
            guard now >= health.due, let number = health.tick(at: now, random: random) else { continue }
            if number == 1 { health.answered(number, after: 500, at: now + 1) }
            if health.condition == .dead { moments.append(time) }
        }
        return zip(moments, moments.dropFirst()).map { $1 - $0 }
    }

    /// From three quarters to five quarters of each pause: many machines whose relay was away do not come back to it in step.
    @Test func pausesOfADeadNodeAreByChance() {
        let (short, long) = (asked(0), asked(.max))
        #expect(short.prefix(3) == [75, 112, 168])
        #expect(long.prefix(3) == [124, 186, 280])
        #expect(short.last == 3750)
        #expect(long.last == 6249)
    }

    /// Whenever it is asked for: a probe that a dead node still has the time of an ordinary one for is no sign that we have slept.
    @Test(arguments: (200..<300).map { Int64($0) * 100 }) func aDeadNodeIsMeasured(_ moment: Int64) {
        var health = NodeHealth(.init(interval: 1000, latency: 500, failures: 3), at: .init(milliseconds: 0))
        for time in Int64(0)..<moment + 4000 {
            let now = Instant(milliseconds: time)
            if time == moment { health.measure(10, at: now) }
            guard now >= health.due, let number = health.tick(at: now, random: 30_000) else { continue }
            if number == 1 { health.answered(number, after: 500, at: now + 1) }
        }
        #expect(health.measurement?.count == 10 && health.measurement?.answered == 0)
    }
}
