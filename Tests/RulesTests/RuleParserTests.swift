// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

@Suite struct RuleParserTests {
    @Test func rulesMeanWhatTheFixtureSays() throws {
        let lines = Fixture.lines("rules/good.txt")
        for line in lines {
            let arrow = try #require(line.text.ranges(of: "=> ").last)
            let (items, problems) = RuleParser.read(Array(line.text[..<arrow.lowerBound].utf8), file: "good.txt") { _ in nil }
            #expect(problems.isEmpty, "\(line)")
            #expect(items.map(\.meaning) == [String(line.text[arrow.upperBound...])], "\(line)")
        }
        #expect(lines.count == 51)
    }

    @Test func everyMistakeIsReportedAtItsPlace() throws {
        let lines = Fixture.allLines("rules/bad.rules")
        let (rules, problems) = RuleParser.read(Fixture.bytes("rules/bad.rules"), file: "bad.rules", mostRefused: .max)
        var left = problems
        var expected = 0
        for (index, line) in lines.enumerated() where line.text.hasPrefix("#^ ") {
            expected += 1
            let words = line.text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true).map(String.init)
            let parts = words.count == 4 ? words[3].components(" | ") : []
            let place = try #require(left.firstIndex { $0.line == index }, "\(line): nothing said")
            let problem = left.remove(at: place)
            #expect(problem.file == "bad.rules")
            #expect("\(problem.column)" == words[1], "\(line): \(problem)")
            #expect(problem.severity.rawValue == words[2], "\(line): \(problem)")
            if let message = parts.first { #expect(problem.message.contains(message), "\(line): \(problem)") }
            if parts.count > 1 { #expect(problem.hint?.contains(parts[1]) == true, "\(line): \(problem)") }
        }
        #expect(left.isEmpty, "said of lines that are right")
        #expect(expected == 118)
        #expect(
            rules.map(\.meaning) == ["tunnel suffix corp.example", "tunnel network 10.99.0.0/16", "block suffix ads.example"])
        #expect(rules.map(\.line).first == 4)
    }

    @Test func linesMayEndAsOnWindowsAndWithoutAnEnd() {
        let (rules, problems) = RuleParser.read(Array("tunnel a.example\r\n\r\n\tdirect\tb.example # c\r\nlan c.example".utf8), file: "f")
        #expect(problems.isEmpty)
        #expect(rules.map(\.meaning) == ["tunnel suffix a.example", "direct suffix b.example", "lan suffix c.example"])
        #expect(rules.map(\.line) == [1, 3, 4])
    }

    @Test func namesBeyondASCIIAreWhatTheClosureMakesOfThem() {
        let text = "tunnel *.bücher.example\ntunnel straße.example\ntunnel a.example"
        let (items, problems) = RuleParser.read(Array(text.utf8), file: "f") { $0 == "bücher.example" ? "xn--bcher-kva.example" : nil }
        #expect(items.map(\.meaning) == ["tunnel below xn--bcher-kva.example", "tunnel suffix a.example"])
        #expect(problems.map(\.line) == [2])
    }

    @Test func anIncludeSaysWhereItStands() throws {
        let (items, _) = RuleParser.read(Array("\n  block include hosts ads.txt".utf8), file: "f") { _ in nil }
        guard case .include(let include)? = items.first else {
            Issue.record("no include")
            return
        }
        #expect(include.place == Include.Place(file: "f", line: 2, column: 23))
        #expect(include.problem(.error, "gone").column == 23)
    }

    @Test func aTextThatStandsForItselfIncludesNothing() {
        let (rules, problems) = RuleParser.read(Array("block include hosts ads.txt\nlan a.example".utf8), file: "f")
        #expect(rules.map(\.line) == [2])
        #expect(problems.map(\.severity) == [.error])
    }

    @Test func bytesThatAreNotTextAreReportedAndTheRestIsRead() {
        let (rules, problems) = RuleParser.read(Array("tunnel ".utf8) + [0xFF, 0x0A] + Array("lan a.example".utf8), file: "f")
        #expect(problems.map(\.line) == [1])
        #expect(problems.first?.message.contains("UTF-8") == true)
        #expect(rules.map(\.line) == [2])
    }

    @Test func nothingIsReadFromNothing() {
        for text in ["", "\n", "  \n\t\n", "# tunnel a.example", "#"] {
            let (rules, problems) = RuleParser.read(Array(text.utf8), file: "f")
            #expect(rules.isEmpty && problems.isEmpty)
        }
    }

    @Test func namesAreAtMost255BytesLong() {
        let longest = (Array(repeating: String(repeating: "a", count: 63), count: 3) + [String(repeating: "a", count: 61)]).joined(
            separator: ".")
        let (rules, problems) = RuleParser.read(Array("tunnel \(longest)\ntunnel \(longest)a\n".utf8), file: "f")
        #expect(rules.map(\.line) == [1])
        #expect(problems.map(\.line) == [2])
        #expect(Matcher(rules).match(Name.of(longest)) != nil)
    }

    @Test func nothingWrittenIsATrap() {
        var random = SeededRandom(seed: 1912)
        let seeds = [Fixture.bytes("rules/bad.rules"), Fixture.bytes("rules/good.txt"), Fixture.bytes("rules/precedence.txt")].flatMap {
            $0.split(separator: UInt8(ascii: "\n")).map(Array.init)
        }
        var read = 0
        for _ in 0..<5000 {
            guard let seed = seeds.randomElement(using: &random) else { continue }
            let (rules, problems) = RuleParser.read(random.mutate(seed), file: "f")
            _ = Matcher(rules).matches(.of("git.corp.example"))
            read += rules.count + problems.count
        }
        #expect(read > 2500)
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] { split(separator: separator).map(String.init) }

    @Test func aPageStoredAsARuleFileIsOneMistake() {
        let page = (0..<1000).map { _ in "<p>404</p>\n" }.joined()
        let (rules, problems) = RuleParser.read(Array((page + "block a.example\n").utf8), file: "f")
        #expect(rules.map(\.text) == ["a.example"])
        #expect(problems.count == 51)
        #expect(problems.last?.message == "950 more lines are no rules")
    }
}
