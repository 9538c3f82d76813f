// SPDX-License-Identifier: MIT
import Fuzz
import Testing
import Workbench

/// What the fuzzer found once, and what it begins with, without the fuzzer: `make fuzz` is the real thing.
@Suite struct FuzzTests {
    @Test(arguments: FuzzTarget.allCases) func storedInputsBreakNothing(_ target: FuzzTarget) throws {
        let seeds = target.seeds
        #expect(seeds.count >= 8)
        for seed in seeds { try check(target, seed) }
    }

    /// Inputs that broke a claim once: `Fixtures/fuzz/TARGET-WHAT`.
    @Test func whatWasFoundStaysMended() throws {
        let files = Fixture.files(in: "fuzz", ending: ".input")
        for file in files {
            let target = try #require(FuzzTarget.allCases.first { file.hasPrefix("fuzz/" + $0.rawValue + "-") }, "\(file)")
            try check(target, Fixture.bytes(file))
        }
    }

    @Test(arguments: FuzzTarget.allCases) func mutationsBreakNothing(_ target: FuzzTarget) throws {
        var random = SeededRandom(seed: 1_205)
        let seeds = target.seeds
        for _ in 0..<2000 { try check(target, random.mutate(try #require(seeds.randomElement(using: &random)))) }
    }

    private func check(_ target: FuzzTarget, _ input: [UInt8]) throws {
        do { try target.run(input) } catch { Issue.record("\(error); the input: \(input)") }
    }
}
