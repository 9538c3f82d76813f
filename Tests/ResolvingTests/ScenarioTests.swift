// SPDX-License-Identifier: MIT
import Testing
import Workbench

/// The whole pipeline with a fake clock: files under `Fixtures/scenarios`, in the words of its README.
@Suite struct ScenarioTests {
    private static let files = Fixture.files(in: "scenarios", ending: ".txt")

    @Test(arguments: files) func theResolverDoesWhatTheScenarioSays(_ file: String) {
        do throws(ScenarioFailure) {
            var run = ScenarioRun()
            for line in Fixture.lines(file) { try run.perform(line) }
            try run.finish(file)
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func noScenarioIsMissing() { #expect(Self.files.count == 240) }

    /// The README's lists name scenarios that there are, each once: more than a hundred on cache, stale answers, flights and retries.
    @Test func theGroupsAreWhatTheReadmeSays() {
        let lines = Fixture.allLines("scenarios/README.md").map(\.text).drop { $0 != "## Groups" }
        let lists = lines.joined(separator: " ").split(separator: "- ").dropFirst()
        var names: [String] = []
        for list in lists {
            let parts = list.split(separator: ": ")
            guard parts.count == 2, ["cache", "stale", "flights", "retry"].contains(parts[0]) else { continue }
            names += parts[1].split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        }
        #expect(names.count > 170 && Set(names).count == names.count)
        #expect(Set(names.map { "scenarios/\($0).txt" }).subtracting(Self.files) == [])
    }
}
