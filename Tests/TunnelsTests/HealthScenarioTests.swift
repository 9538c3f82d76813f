// SPDX-License-Identifier: MIT
import Testing
import Workbench

@Suite struct HealthScenarioTests {
    static let files = Fixture.files(in: "health", ending: ".txt")

    @Test(arguments: files) func aStory(_ file: String) throws {
        var scenario = HealthScenario()
        try scenario.run(file)
    }

    @Test func noStoryIsLost() { #expect(Self.files.count == 30) }
}
