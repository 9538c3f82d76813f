// SPDX-License-Identifier: MIT
import Regexes
import Rules
import Testing
import Wire

@Suite struct HyperscanTests {
    private func rules(_ sources: [String]) -> [Rule] {
        sources.enumerated().map { Rule(.tunnel, .regex($1), text: "/\($1)/", file: "f", line: $0 + 1, column: 8) }
    }

    private func lines(_ matcher: Matcher, _ name: Name) -> [Int] { matcher.matches(name).map { matcher.rule($0.number).line } }

    private func name(_ text: String) throws -> Name { try #require(Name(text), "\(text)") }

    @Test func regexesAreSearchedForInTheNamesText() throws {
        let matcher = Matcher(
            rules([
                "^ads[0-9]+\\.", "tracker", "\\.example$", "(^|\\.)cdn\\.", "^a{2,3}\\.", "^[^.]+\\.test$", "Upper", "x\\\\046y", "\\\\000",
                "^\\.$",
                "^xn--",
            ]), regexes: HyperscanSet.compile)
        #expect(matcher.problems.isEmpty)
        for (text, expected) in [
            ("ads12.shop", [1]), ("ads.shop", []), ("my.ads1.shop", []), ("a.tracker.net", [2]), ("x.example", [3]), ("example", []),
            ("example.com", []), ("cdn.x", [4]), ("a.cdn.x", [4]), ("acdn.x", []), ("aa.b", [5]), ("aaaa.b", []), ("one.test", [6]),
            ("one.two.test", []), ("UPPER.x", [7]), ("x\\.y.z", [8]), ("x.y.z", []), ("a\\000b.z", [9]), (".", [10]),
            ("xn--nxasmq6b.x", [11]),
            ("ADS7.TRACKER.EXAMPLE.", [1, 2, 3]),
        ] as [(String, [Int])] {
            #expect(lines(matcher, try name(text)) == expected, "\(text)")
        }
    }

    @Test func theLongestNamesAreSearched() throws {
        // 255 bytes, and each of them four characters long as text.
        var longest = Name()
        for length in [63, 63, 63, 61] { #expect(longest.append(label: length) { _ in 7 }) }
        #expect(longest.count == 255)
        let matcher = Matcher(rules(["^(\\\\007){63}\\.", "(\\\\007){61}$", "\\\\007"]), regexes: HyperscanSet.compile)
        #expect(lines(matcher, longest) == [1, 2, 3])
    }

    @Test func whatCannotBeSearchedForIsAnErrorAtItsPlace() {
        for (source, column, message) in [
            ("ads(", 9 + 3, "Missing close parenthesis"), ("a[b", 9 + 1, "Unterminated character class"),
            ("(a)\\1", 0, "Back-references are unsupported"),
            ("a(?=b)", 0, "assertions are not supported"), ("(?<!a)b", 0, "assertions are not supported"), ("a*", 0, "matches every name"),
            (".*", 0, "matches every name"),
            ("a{3,2}", 0, ""), ("\u{0}", 0, "NUL"), ("*", 0, ""), ("a{100000}", 0, ""),
        ] {
            let matcher = Matcher(rules(["good", source, "fine"]), regexes: HyperscanSet.compile)
            #expect(matcher.problems.map(\.severity) == [.error], "\(source)")
            #expect(matcher.problems.map(\.line) == [2], "\(source)")
            #expect(matcher.problems.map(\.file) == ["f"])
            if column > 0 { #expect(matcher.problems.map(\.column) == [column], "\(matcher.problems)") }
            #expect(matcher.problems.first?.message.contains(message) == true, "\(source): \(matcher.problems)")
            #expect(lines(matcher, Name("good.fine") ?? .root) == [1, 3])
        }
    }

    @Test func thereIsABoundOnTheirCount() {
        let sources = (0..<HyperscanSet.most + 5).map { "^name\($0)\\." }
        let (set, mistakes) = HyperscanSet.compile(sources)
        #expect(mistakes.map(\.index) == [HyperscanSet.most])
        #expect(mistakes.first?.message.contains("more than 10000 regexes: 5 from here on") == true)
        #expect(set.matches(Array("name9999.x".utf8).span) == [9999])
        #expect(set.matches(Array("name10000.x".utf8).span) == [])
    }

    /// What both understand, both find: the standard library's regexes are the other opinion.
    @Test func theStandardLibraryAgrees() throws {
        var random = SystemRandomNumberGenerator()
        let parts = ["a", "b", "[ab]", "c+", "a?", "(ab|c)", "\\.", ".", "[^a]", "b{2}", "^a", "c$", "\\d", "\\w", "(?:b|\\.)c"]
        let sources = (0..<300).map { _ in (0..<3).map { _ in parts.randomElement(using: &random) ?? "a" }.joined() }
        let (fast, mistakes) = HyperscanSet.compile(sources)
        let (slow, none) = EachRegex.compile(sources)
        #expect(none.isEmpty)
        // It refuses to look for an anchor in the middle, which nothing matches.
        let refused = Set(mistakes.map(\.index))
        #expect(refused.count < 250)
        var found = 0
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 1...8)).map { _ in ["a", "b", "c", ".", "7"].randomElement(using: &random) ?? "a" }.joined()
            let bytes = Array(text.utf8)
            let expected = slow.matches(bytes.span).filter { !refused.contains($0) }
            #expect(fast.matches(bytes.span) == expected, "\(text)")
            found += expected.count
        }
        #expect(found > 1000)
    }

    @Test func manyThreadsSearchAtOnce() async {
        let (set, _) = HyperscanSet.compile(["^a", "b$", "c"])
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<5000).count {
                        set.matches(Array("a\($0)cb".utf8).span) != [0, 1, 2] || set.matches(Array("x\($0)".utf8).span) != []
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
