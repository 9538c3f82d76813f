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

    @Test func noScenarioIsMissing() { #expect(Self.files.count == 149) }
}
