// SPDX-License-Identifier: MIT
import Testing

/// What an answer costs, in instructions and allocations, against thresholds kept in Packaging/bench/count: counted by valgrind, so that it
/// is the same however busy the machine is.
@Suite(.enabled(if: Machine.canCount, "needs valgrind (make setup) and sluice-bench (make build)"))
struct CountTests {
    @Test func anAnswerCostsNoMoreThanItDid() throws {
        let run = try Machine.run([Machine.root + "/Packaging/bench/count", Machine.bench])
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("allocations=0.0"))
    }
}
