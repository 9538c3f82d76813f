// SPDX-License-Identifier: MIT
import Testing
import Upstreams

@testable import Daemon

/// RFC 5452 section 9.2: what who answers unasked must guess.
@Suite struct RandomnessTests {
    private let random = Randomness()

    /// Of so many equally likely values, how far the counts are from even: near the number of values if they are.
    private func chiSquare(_ counts: [Int]) -> Double {
        let expected = Double(counts.reduce(0, +)) / Double(counts.count)
        return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }

    /// 100,000 ports: more than 46,000 of 55,296 (one in six is missed by chance), every byte of them even, and no port says the next one.
    @Test func portsAreEvenAndDoNotTellOfOneAnother() {
        let ports = (0..<100_000).map { _ in Int(LocalPorts.port(random.next32())) }
        #expect(ports.allSatisfy { $0 >= 10_240 })
        #expect((45_800...47_000).contains(Set(ports).count), "expected are 46,200")
        var thousands = [Int](repeating: 0, count: 54)
        var pairs = [Int](repeating: 0, count: 256)
        for (port, next) in zip(ports, ports.dropFirst()) {
            thousands[(port - 10_240) / 1024] += 1
            pairs[(port - 10_240) / 3456 * 16 + (next - 10_240) / 3456] += 1
        }
        // Less than one chance in a million each: 53 and 255 degrees of freedom.
        #expect(chiSquare(thousands) < 125)
        #expect(chiSquare(pairs) < 390)
    }

    @Test func idsAreEvenAndHaveNothingToDoWithThePort() {
        var high = [Int](repeating: 0, count: 256)
        var low = high
        var pairs = high
        for _ in 0..<100_000 {
            let id = Int(random.next())
            let port = Int(LocalPorts.port(random.next32()))
            high[id >> 8] += 1
            low[id & 255] += 1
            pairs[(id >> 12) * 16 + (port - 10_240) / 3456] += 1
        }
        for counts in [high, low, pairs] { #expect(chiSquare(counts) < 390) }
    }
}
