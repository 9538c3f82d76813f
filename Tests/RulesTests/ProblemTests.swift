// SPDX-License-Identifier: MIT
import Rules
import Testing

@Suite struct ProblemTests {
    private func problems(_ text: String) -> [Problem] {
        let (rules, problems) = RuleParser.read(Array(text.utf8), file: "f.rules")
        #expect(problems.isEmpty)
        return Matcher(rules).problems
    }

    @Test func theSameRuleTwiceIsAWarning() {
        let found = problems("tunnel a.example\ntunnel A.example.")
        #expect(found.map(\.severity) == [.warning])
        #expect(found.map(\.line) == [2])
        #expect(found.first?.message.contains("f.rules:1") == true)
    }

    @Test func aRuleThatCanNeverMatchIsAWarning() {
        let found = problems("tunnel a.example\ndirect b.example\ndirect a.example\nblock a.example")
        #expect(found.map(\.severity) == [.warning, .warning])
        #expect(found.map(\.line) == [3, 4])
        #expect(found.allSatisfy { $0.message.contains("can never match") && $0.message.contains("f.rules:1") })
    }

    @Test func oneNetworkForTwoActionsIsAnError() {
        let found = problems("tunnel 10.0.0.0/8\ndirect 10.0.0.0/8\nlan 10.0.0.0/9")
        #expect(found.map(\.severity) == [.error])
        #expect(found.map(\.line) == [2])
    }

    @Test func oneNameForTwoTunnelsIsAWarning() {
        let found = problems("tunnel:office a.example\ntunnel:home a.example")
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.message.contains("can never match") == true)
    }

    @Test func kindsOfTheSameNameAreNoProblem() {
        #expect(
            problems(
                "tunnel a.example\ndirect =a.example\nblock *.b.example\nlan b.example\nlan ~a.example\nlan /a.example/\nlan b.a.example"
            ).isEmpty)
    }

    @Test func aSuffixOfWhichOthersTakeAllIsAWarning() {
        let found = problems("tunnel a.example\ndirect =a.example\nblock *.a.example")
        #expect(found.map(\.severity) == [.warning])
        #expect(found.map(\.line) == [1])
        #expect(found.map(\.column) == [8])
    }
}
