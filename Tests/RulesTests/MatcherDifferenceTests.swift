// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

@Suite struct MatcherDifferenceTests {
    private func matcher(_ text: String) -> Matcher { Matcher(RuleParser.read(Array(text.utf8), file: "a").rules) }

    @Test func whatIsNewAndWhatIsGoneIsCounted() {
        let old = matcher("tunnel a.example\ntunnel b.example\ndirect =c.example\nlan 10.0.0.0/8\n")
        let new = matcher("lan 10.0.0.0/8\ndirect =c.example\n# moved\ndirect b.example\ntunnel d.example\ntunnel e.example\n")
        let difference = MatcherDifference(from: old, to: new)
        #expect(
            difference.added.count == 3 && Set(difference.added.examples) == ["direct b.example", "tunnel d.example", "tunnel e.example"])
        #expect(difference.removed.count == 2 && Set(difference.removed.examples) == ["tunnel a.example", "tunnel b.example"])
        #expect(difference.conflicting.count == 0)
        #expect(MatcherDifference(from: new, to: new).isEmpty)
        #expect(MatcherDifference(from: new, to: new).text == "none added, none removed, none in conflict")
    }

    @Test func rulesThatWantDifferentThingsOfOneNameAreInConflict() {
        let new = matcher("tunnel a.example\ndirect a.example\ntunnel b.example\ntunnel b.example\nlan =a.example\n")
        let difference = MatcherDifference(from: .empty, to: new)
        #expect(difference.conflicting.count == 1)
        #expect(difference.conflicting.examples.count == 1)
    }

    @Test func anExceptionOfAListIsSomethingNew() {
        func list(_ exceptions: [Pattern]) -> Matcher {
            var builder = MatcherBuilder()
            builder.begin(file: "a.txt", treatment: Treatment(.tunnel))
            builder.take(.suffix, Name.of("corp.example"), ListLine(line: 1))
            for exception in exceptions { builder.take(exception, ListLine(line: 2, isException: true)) }
            return Matcher(builder)
        }
        for pattern in [Pattern.regex("."), .keyword("corp"), .suffix(Name.of("corp.example")), .exact(Name.of("git.corp.example"))] {
            let (before, after) = (list([]), list([pattern]))
            let come = MatcherDifference(from: before, to: after)
            #expect(come.text == "1 added (tunnel except \(pattern.text)), none removed, none in conflict")
            #expect(
                MatcherDifference(from: after, to: before).text
                    == "none added, 1 removed (tunnel except \(pattern.text)), none in conflict")
            #expect(MatcherDifference(from: after, to: after).isEmpty)
        }
    }

    @Test func aThousandRandomPairsAreAsASetSaysIt() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            func rules() -> Set<String> {
                Set(
                    (0..<Int.random(in: 0...30, using: &random)).map { _ in
                        "\(["tunnel", "direct"].randomElement(using: &random) ?? "") n\(Int.random(in: 0...40, using: &random)).example"
                    })
            }
            let (old, new) = (rules(), rules())
            let difference = MatcherDifference(from: matcher(old.joined(separator: "\n")), to: matcher(new.joined(separator: "\n")))
            #expect(difference.added.count == new.subtracting(old).count && difference.removed.count == old.subtracting(new).count)
            let names = Dictionary(grouping: new) { $0.split(separator: " ")[1] }
            #expect(difference.conflicting.count == names.values.count { $0.count > 1 })
        }
    }
}
