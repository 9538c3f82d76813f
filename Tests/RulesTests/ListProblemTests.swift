// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

@Suite struct ListProblemTests {
    private func list(_ builder: inout MatcherBuilder, _ file: String, _ action: Action, _ names: [String]) {
        builder.begin(file: file, treatment: Treatment(action))
        for (index, name) in names.enumerated() { builder.take(.suffix, Name.of(name), ListLine(line: index + 1)) }
    }

    @Test func whatAListRepeatsIsOneWarning() {
        var builder = MatcherBuilder()
        list(&builder, "a.txt", .block, (0..<1000).map { "n\($0 % 10).example" })
        list(&builder, "b.txt", .block, (0..<500).map { "n\($0).example" })
        let matcher = Matcher(builder)
        #expect(matcher.count == 1500)
        #expect(matcher.problems.map(\.severity) == [.warning, .warning])
        #expect(
            matcher.problems.map(\.message) == [
                "'n0.example' stands already at a.txt:1, and 989 more of this list so",
                "'n0.example' stands already at a.txt:1, and 9 more of this list so",
            ])
        #expect(matcher.problems.map { "\($0.file):\($0.line)" } == ["a.txt:11", "b.txt:1"])
    }

    @Test func whatCanNeverMatchInAListIsOneWarning() {
        var builder = MatcherBuilder()
        builder.add(Rule(.tunnel, .suffix(Name.of("n1.example")), text: "n1.example", file: "own.rules", line: 3, column: 8))
        list(&builder, "a.txt", .block, (0..<5).map { "n\($0).example" })
        builder.add(Rule(.direct, .suffix(Name.of("n2.example")), text: "n2.example", file: "own.rules", line: 5, column: 8))
        let matcher = Matcher(builder)
        #expect(
            matcher.problems.map(\.message) == [
                "'n1.example' can never match: own.rules:3 has it first, as 'tunnel'",
                "'n2.example' can never match: a.txt:3 has it first, as 'block'",
            ])
        #expect(matcher.problems.map { "\($0.file):\($0.line):\($0.column)" } == ["a.txt:2:0", "own.rules:5:8"])
    }

    /// A list with exceptions within exceptions is read once for each depth: its lines are no repetition of themselves.
    @Test func aLineReadTwiceDoesNotRepeatItself() {
        var builder = MatcherBuilder()
        builder.begin(file: "a.txt", treatment: Treatment(.block))
        builder.take(.suffix, .of("b.a.example"), ListLine(line: 3))
        builder.begin(file: "a.txt")
        builder.take(.suffix, .of("b.a.example"), ListLine(line: 3))
        #expect(Matcher(builder).problems.isEmpty)
        builder.take(.suffix, .of("b.a.example"), ListLine(line: 4))
        #expect(Matcher(builder).problems.map { "\($0.line) \($0.message)" } == ["4 'b.a.example' stands already at a.txt:3"])
        builder.begin(file: "a.txt", treatment: Treatment(.block))
        builder.take(.suffix, .of("b.a.example"), ListLine(line: 3))
        let twice = "this list is included twice: 'b.a.example' stands already in the first include"
        #expect(Matcher(builder).problems.map(\.message).contains(twice))
    }

    @Test func aListsNetworkInConflictIsAWarningAndTheFirstWins() {
        var builder = MatcherBuilder()
        builder.add(Rule(.tunnel, .network(Network("10.0.0.0/8")!), text: "10.0.0.0/8", file: "own.rules", line: 1))
        builder.begin(file: "a.txt", treatment: Treatment(.direct))
        builder.take(.network(Network("10.0.0.0/8")!), ListLine(line: 1))
        builder.take(.network(Network("10.1.0.0/16")!), ListLine(line: 2))
        let matcher = Matcher(builder)
        #expect(matcher.problems.map(\.severity) == [.warning])
        #expect(matcher.match(IPAddress.of("10.9.0.1"))?.action == .tunnel)
        #expect(matcher.match(IPAddress.of("10.1.0.1"))?.action == .direct)
        #expect(matcher.match(IPAddress.of("11.1.0.1")) == nil)
    }

    /// A hundred thousand equal lines, each a rule of its own: neither minutes nor a hundred thousand warnings.
    @Test func manyEqualRulesAreBounded() {
        var builder = MatcherBuilder()
        let name = Name.of("a.example")
        for line in 1...100_000 { builder.add(Rule(.block, .suffix(name), text: "a.example", file: "f", line: line)) }
        let matcher = Matcher(builder)
        #expect(matcher.problems.count == 1001)
        #expect(matcher.problems.first?.message == "98999 more rules that have no effect")
        #expect(matcher.match(name).map { matcher.rule($0.number).line } == 1)
    }
}
