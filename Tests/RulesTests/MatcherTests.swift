// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

@Suite struct MatcherTests {
    @Test func thePrecedenceIsThatOfTheFixture() throws {
        var rules: [Rule] = []
        var asked = 0
        var isAsking = false
        for line in Fixture.lines("rules/precedence.txt") {
            let words = line.words
            guard words[0] == "?" else {
                if isAsking { rules = [] }
                isAsking = false
                rules += RuleParser.read(Array(line.text.utf8), file: "\(rules.count + 1)").rules
                continue
            }
            isAsking = true
            asked += 1
            let matcher = Matcher(rules)
            let expected = words.dropFirst(2).filter { $0 != "-" }
            if words[1].hasPrefix("@") {
                let ruling = matcher.match(IPAddress.of(String(words[1].dropFirst())))
                #expect(ruling.map { matcher.rule($0.number).file } == expected.first, "\(line)")
            } else {
                let name = try #require(Name(words[1]), "\(line)")
                #expect(matcher.matches(name).map { matcher.rule($0.number).file } == expected, "\(line)")
                #expect(matcher.match(name).map { matcher.rule($0.number).file } == expected.first, "\(line)")
            }
        }
        #expect(asked == 44)
    }

    /// Kinds in order of precedence, and within each as the contract says; nothing clever.
    private func naive(_ rules: [Rule], _ name: Name) -> [Rule] {
        func labels(_ suffix: Name, _ isBelow: Bool) -> Int? {
            name.isAtOrBelow(suffix) && !(isBelow && name == suffix) ? suffix.labelCount : nil
        }
        let ranked = rules.enumerated().compactMap { index, rule -> (rank: [Int], rule: Rule)? in
            switch rule.pattern {
            case .exact(let other): name == other ? ([0, 0, 0, index], rule) : nil
            case .below(let suffix): labels(suffix, true).map { ([1, -$0, 0, index], rule) }
            case .suffix(let suffix): labels(suffix, false).map { ([1, -$0, 1, index], rule) }
            case .regex(let source): (try? Regex(source)).map { name.description.contains($0) } == true ? ([2, 0, 0, index], rule) : nil
            case .keyword(let keyword): name.description.contains(keyword) ? ([3, 0, 0, index], rule) : nil
            case .network: nil
            }
        }
        return ranked.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }.map(\.rule)
    }

    @Test func theMatcherAgreesWithANaiveOne() throws {
        var random = SeededRandom(seed: 1034)
        func name() -> String {
            (0..<Int.random(in: 1...5, using: &random)).map { _ in ["a", "b", "ab", "c"].randomElement(using: &random) ?? "a" }.joined(
                separator: ".")
        }
        var lookups = 0
        var hits = 0
        for _ in 0..<5 {
            let text = (0..<600).map { number -> String in
                let action = Action.allCases.randomElement(using: &random)?.rawValue ?? "lan"
                // Few of the kinds that need a search: they match nearly everything in so small an alphabet.
                let pattern =
                    number < 8
                    ? "/^\(name())/" : number < 16 ? "~\(name())" : (["", "=", "*."].randomElement(using: &random) ?? "") + name()
                return action + " " + pattern
            }
            let (rules, problems) = RuleParser.read(Array(text.joined(separator: "\n").utf8), file: "random")
            try #require(problems.isEmpty && rules.count == 600)
            let matcher = Matcher(rules)
            for _ in 0..<200 {
                let asked = Name.of(name())
                let expected = naive(rules, asked)
                #expect(matcher.matches(asked).map { matcher.rule($0.number) } == expected, "\(asked)")
                #expect(matcher.match(asked).map { matcher.rule($0.number) } == expected.first, "\(asked)")
                lookups += 1
                hits += expected.isEmpty ? 0 : 1
            }
        }
        #expect(hits > lookups / 2)
    }

    @Test func theIndexAgreesWithANaiveOneOverManyLookups() throws {
        var random = SeededRandom(seed: 1035)
        func name(_ most: Int) -> Name {
            var name = Name()
            for _ in 0..<Int.random(in: 1...most, using: &random) {
                let letters = ["a", "b", "c", "aa", "a.b"].randomElement(using: &random) ?? "a"
                _ = name.append(label: letters.utf8.count) { Array(letters.utf8)[$0] }
            }
            return name
        }
        let rules = (0..<500).map { line -> Rule in
            let name = name(4)
            let pattern: Pattern = [.exact(name), .suffix(name), .below(name)].randomElement(using: &random) ?? .exact(name)
            return Rule(Action.allCases.randomElement(using: &random) ?? .lan, pattern, text: pattern.text, line: line)
        }
        let matcher = Matcher(rules)
        var byName: [Name: [Int]] = [:]
        for (index, rule) in rules.enumerated() {
            switch rule.pattern {
            case .exact(let name), .suffix(let name), .below(let name): byName[name, default: []].append(index)
            default: break
            }
        }
        var hits = 0
        for _ in 0..<20_000 {
            let asked = name(5)
            // Only the rules that could match, so that the naive way is affordable: those whose name is a suffix of the asked one.
            let candidates = (0...asked.labelCount).flatMap { byName[asked.dropping(labels: $0)] ?? [] }.sorted().map { rules[$0] }
            let expected = naive(candidates, asked).first
            let found = matcher.match(asked).map { matcher.rule($0.number) }
            if found != expected { Issue.record("\(asked): \(String(describing: expected))") }
            hits += expected == nil ? 0 : 1
        }
        #expect(hits > 10_000)
    }

    @Test func noRulesMatchNothing() {
        #expect(Matcher.empty.match(Name.of("a.example")) == nil)
        #expect(Matcher.empty.match(Name.root) == nil)
        #expect(Matcher.empty.match(IPAddress.of("10.0.0.1")) == nil)
    }

    @Test func networkRulesAreGivenLongestFirst() {
        let text = "tunnel 10.0.0.0/8\ndirect 10.1.0.0/16\nlan 10.2.0.0/16\nblock 2001:db8::/32\ntunnel a.example"
        let matcher = Matcher(RuleParser.read(Array(text.utf8), file: "f").rules)
        #expect(matcher.networkRules.map(\.network.description) == ["2001:db8::/32", "10.1.0.0/16", "10.2.0.0/16", "10.0.0.0/8"])
    }

    @Test func anExceptionPassesOverItsOwnListOnly() throws {
        var builder = MatcherBuilder()
        builder.begin(file: "first", treatment: Treatment(.block))
        builder.take(.suffix, Name.of("ads.example"), ListLine(line: 1))
        builder.take(.suffix, Name.of("good.ads.example"), ListLine(line: 2, isException: true))
        builder.take(.regex("^cdn[0-9]"), ListLine(line: 3))
        builder.begin(file: "second", treatment: Treatment(.tunnel, tunnel: "office"))
        builder.take(.suffix, Name.of("example"), ListLine(line: 7, via: ServerAddress("10.64.0.53")))
        let matcher = Matcher(builder)
        func deciding(_ name: String) -> String? {
            matcher.match(Name.of(name)).map { matcher.rule($0.number) }.map { "\($0.file):\($0.line) \($0.action.rawValue) \($0.text)" }
        }
        #expect(deciding("ads.example") == "first:1 block ads.example")
        #expect(deciding("bad.ads.example") == "first:1 block ads.example")
        #expect(deciding("good.ads.example") == "second:7 tunnel example")
        #expect(deciding("x.good.ads.example") == "second:7 tunnel example")
        #expect(deciding("cdn1.test") == "first:3 block /^cdn[0-9]/")
        #expect(matcher.match(Name.of("good.ads.example"))?.options.via == ServerAddress("10.64.0.53"))
        #expect(matcher.match(Name.of("good.ads.example"))?.tunnel == "office")
        #expect(matcher.count == 3)
        #expect(matcher.rules.map(\.line) == [1, 3, 7])
        #expect(matcher.treatments.map(\.action) == [.block, .tunnel])
    }

    @Test func aBrokenRegexIsAProblemAtItsPlace() {
        let rules = [Rule(.tunnel, .regex("a[b"), text: "/a[b/", file: "f", line: 3, column: 8), Rule(.lan, .regex("^b"), text: "/^b/")]
        let matcher = Matcher(rules)
        #expect(matcher.problems.map(\.line) == [3])
        #expect(matcher.problems.first?.severity == .error)
        #expect(matcher.match(Name.of("b.example"))?.action == .lan)
    }

    /// A dot inside a label ends none: `evil\.corp.example` is no name below `corp.example`.
    @Test func expressionsSeeWhereLabelsEnd() {
        let (rules, problems) = RuleParser.read(Array("tunnel /(^|\\.)corp\\.example$/\n".utf8), file: "f")
        let matcher = Matcher(rules)
        #expect(problems.isEmpty)
        #expect(matcher.match(Name.of("git.corp.example"))?.action == .tunnel)
        #expect(matcher.match(Name.of("evil\\.corp.example")) == nil)
    }
}
