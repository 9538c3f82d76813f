// SPDX-License-Identifier: MIT
import Glibc
import Rules
import Wire

/// Measures what rules cost, apart from the daemon: `Packaging/bench/rules` runs it beside the daemon and its peer.
@main enum Bench {
    static func main() {
        let arguments = CommandLine.arguments
        switch (arguments.dropFirst().first, arguments.dropFirst(2).first, arguments.dropFirst(3).first.flatMap { Int($0) }) {
        case ("names", let count?, _):
            var names = NameGenerator(seed: 1)
            for _ in 0..<(Int(count) ?? 0) { print(names.next()) }
        case ("answer", let count?, _):
            var answers = CachedAnswers()
            print(answers.run(Int(count) ?? 0))
        case ("miss", let count?, _):
            var answers = NewAnswers()
            print(answers.run(Int(count) ?? 0))
        case ("lookup", let file?, let count?): RuleLookups(file: file, count: count).run()
        default:
            print("usage: sluice-bench names COUNT | answer COUNT | miss COUNT | lookup PLAIN-LIST LOOKUPS")
            exit(64)
        }
    }

    /// In nanoseconds.
    static func now(_ clock: Int32 = CLOCK_MONOTONIC) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
