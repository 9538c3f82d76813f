// SPDX-License-Identifier: MIT
import NIOCore
import Testing
import Wire

@testable import SecureUpstreams

@Suite struct BackOffTests {
    private static let error = ExtendedError(23, "its certificate has expired")

    @Test func aServerIsTriedAgainAtOnceAndThenLessAndLessOften() {
        var backOff = BackOff()
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        #expect(backOff.reason(at: now) == nil)
        backOff.failed(Self.error, at: now)
        #expect(backOff.reason(at: now) == nil, "the next question takes a new connection")
        for wait in [250, 500, 1000, 2000, 4000, 8000, 8000, 8000] as [Int64] {
            backOff.failed(Self.error, at: now)
            #expect(backOff.reason(at: now + .milliseconds(wait - 1)) == Self.error)
            now = now + .milliseconds(wait)
            #expect(backOff.reason(at: now) == nil)
        }
        backOff.succeeded()
        backOff.failed(Self.error, at: now)
        #expect(backOff.reason(at: now) == nil)
    }

    @Test func whatIsWrongIsToldOnceAndThatItIsWellOnlyAfterAWhile() {
        var word = Word()
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let other = ExtendedError(22, "it cannot be reached")
        let told = [
            word.isRelief(at: now), word.isNews(Self.error, at: now), word.isNews(Self.error, at: now + .seconds(5)),
            // Nine seconds after a failure, ten, and once more.
            word.isRelief(at: now + .seconds(14)), word.isRelief(at: now + .seconds(15)), word.isRelief(at: now + .seconds(16)),
            word.isNews(Self.error, at: now + .seconds(17)), word.isNews(other, at: now + .seconds(17)),
        ]
        #expect(told == [false, true, false, false, true, false, true, true])
    }
}
