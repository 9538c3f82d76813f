// SPDX-License-Identifier: MIT
import Testing

@testable import Daemon

/// RFC 5452 section 9.2: what who answers unasked must guess.
@Suite struct RandomnessTests {
    private let random = Randomness()

    /// Of so many equally likely values, how far the counts are from even: near the number of values if they are.
    private func chiSquare(_ counts: [Int]) -> Double {
        let expected = Double(counts.reduce(0, +)) / Double(counts.count)
        return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }

    @Test func idsAreEvenAndDoNotTellOfOneAnother() {
        var high = [Int](repeating: 0, count: 256)
        var low = high
        var pairs = high
        var last = 0
        for _ in 0..<100_000 {
            let id = Int(random.next())
            high[id >> 8] += 1
            low[id & 255] += 1
            pairs[(id >> 12) << 4 | last >> 12] += 1
            last = id
        }
        // Less than one chance in a million each: 255 degrees of freedom.
        for counts in [high, low, pairs] { #expect(chiSquare(counts) < 390) }
    }
}
