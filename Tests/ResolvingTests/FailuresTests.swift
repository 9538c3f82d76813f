// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@testable import Resolving

@Suite struct FailuresTests {
    private let failure = Failures.Failure(code: .serverFailure, error: nil, isSilence: false)

    private func key(_ number: Int) -> Cache.Key {
        Cache.Key(
            partition: 1, question: Question(name: .of("n\(number).example"), type: .a), dnssecOK: false, checkingDisabled: false)
    }

    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    /// More names than there is room for: those that failed first are remembered for as long as they were to be (RFC 9520 section 3.2), and the memory
    /// does not grow.
    @Test func aFloodOfFailuresEndsNone() {
        var failures = Failures()
        for number in 0..<2 * Failures.most { failures.note(failure, for: key(number), at: at(0)) }
        #expect((0..<Failures.most).allSatisfy { failures.find(key($0), at: at(999)) != nil })
        #expect((Failures.most..<2 * Failures.most).allSatisfy { failures.find(key($0), at: at(0)) == nil })
        // Those whose time is over make room.
        failures.note(failure, for: key(-1), at: at(1000))
        #expect(failures.find(key(-1), at: at(1999)) != nil)
        #expect(failures.find(key(0), at: at(1000)) == nil)
    }

    @Test func eachIsLongerThanTheOneBefore() {
        var failures = Failures()
        var now: Int64 = 0
        for kept in [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000] as [Int64] {
            failures.note(failure, for: key(0), at: at(now))
            #expect(failures.find(key(0), at: at(now + kept - 1)) != nil)
            now += kept
            #expect(failures.find(key(0), at: at(now)) == nil)
        }
        // Nobody asked for a minute, or it was answered: the first again.
        now += 60_000
        for isAnswered in [false, true] {
            failures.note(failure, for: key(0), at: at(now))
            #expect(failures.find(key(0), at: at(now + 1000)) == nil)
            failures.note(failure, for: key(0), at: at(now + 1000))
            #expect(failures.find(key(0), at: at(now + 2999)) != nil)
            if isAnswered { failures.end(key(0)) } else { now += 120_000 }
        }
        failures.note(failure, for: key(0), at: at(now))
        #expect(failures.find(key(0), at: at(now + 1000)) == nil)
    }
}
