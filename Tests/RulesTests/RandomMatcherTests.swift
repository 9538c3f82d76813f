// SPDX-License-Identifier: MIT
import Rules
import Synchronization
import Testing
import Wire
import Workbench

@Suite struct RandomMatcherTests {
    /// What a list says twice is kept once: its first line stands for all.
    private func distinct(_ indices: [Int], _ rules: RandomRules) -> [String] {
        var seen: Set<String> = []
        return indices.compactMap { index in
            let entry = rules.entries[index]
            let isName = if case .regex = entry.pattern { false } else if case .keyword = entry.pattern { false } else { true }
            guard entry.list < 0 || !isName || seen.insert("\(entry.list) \(entry.pattern)").inserted else { return nil }
            return "\(entry.line) \(entry.pattern.text)"
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>) func theMatcherAgreesWithANaiveOne(_ seed: UInt64) {
        var rules = RandomRules(seed: 4000 + seed)
        let matcher = rules.matcher(lists: 6, each: seed < 4 ? 12 : 90)
        var hits = 0
        for number in 0..<400 {
            let asked = number % 7 == 0 ? rules.longest() : rules.name(5)
            let naive = rules.naive(asked)
            let expected = distinct(naive, rules)
            let found = matcher.matches(asked).map { matcher.rule($0.number) }
            #expect(found.map { "\($0.line) \($0.text)" } == expected, "\(asked)")
            let deciding = matcher.match(asked)
            #expect(deciding == matcher.matches(asked).first, "\(asked)")
            #expect(deciding?.action == naive.first.map { rules.entries[$0].action }, "\(asked)")
            hits += expected.isEmpty ? 0 : 1
        }
        #expect(hits > 100)
    }

    @Test func allRulesCanBeListedAndFoundByTheirNumbers() {
        var rules = RandomRules(seed: 4100)
        let matcher = rules.matcher(lists: 5, each: 300)
        let expected = rules.entries.filter { !$0.isException }
        #expect(matcher.count == expected.count)
        #expect(matcher.rules.map(\.pattern) == expected.map(\.pattern))
        #expect(matcher.rules.map(\.line) == expected.map(\.line))
        #expect(matcher.rules.map(\.action) == expected.map(\.action))
        // Numbers of other matchers, as after a reload, are no trap.
        for number in [Int.min, -1, 0, 1, 5, 777, 1 << 20, Int(UInt32.max), .max] { _ = matcher.rule(number) }
        _ = Matcher.empty.rule(17)
    }

    @Test func keywordsAreFoundAsANaiveSearchFindsThem() {
        var random = SeededRandom(seed: 4200)
        func text(_ most: Int) -> String {
            (0..<Int.random(in: 1...most, using: &random)).map { _ in ["a", "b", "c", "."].randomElement(using: &random) ?? "a" }.joined()
        }
        let keywords = (0..<200).map { _ in text(6) }
        let matcher = Matcher(keywords.enumerated().map { Rule(.block, .keyword($1), text: "~" + $1, line: $0) })
        var found = 0
        for _ in 0..<300 {
            guard let name = Name(text(40)) else { continue }
            let expected = keywords.indices.filter { "\(name)".contains(keywords[$0]) }
            #expect(matcher.matches(name).map { matcher.rule($0.number).line } == expected, "\(name)")
            found += expected.count
        }
        #expect(found > 1000)
    }

    /// Each matcher says of every name the same; a half-built one, or one that has gone, would not.
    @Test func aMatcherIsReplacedWhileManyAsk() async {
        let names = (0..<50).map { Name.of("n\($0).example") }
        func world(_ generation: Int) -> Matcher {
            Matcher(names.map { Rule(.tunnel, tunnel: "t\(generation)", .suffix($0), text: "\($0)", line: generation) })
        }
        let shared = Shared(world(0))
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var wrong = 0
                    while !shared.isDone.load(ordering: .relaxed) {
                        let matcher = shared.matcher.withLock { $0 }
                        let tunnels = Set(names.map { matcher.match($0)?.tunnel })
                        let lines = Set(names.compactMap { matcher.match($0) }.map { "t\(matcher.rule($0.number).line)" })
                        if tunnels.count != 1 || lines.count != 1 || tunnels.first != lines.first { wrong += 1 }
                        shared.answered.add(1, ordering: .relaxed)
                        // The threads are few, and who replaces wants one too.
                        await Task.yield()
                    }
                    return wrong
                }
            }
            for generation in 1...200 {
                let next = world(generation)
                shared.matcher.withLock { $0 = next }
                while shared.answered.load(ordering: .relaxed) < generation { await Task.yield() }
            }
            shared.isDone.store(true, ordering: .relaxed)
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    private final class Shared: Sendable {
        let matcher: Mutex<Matcher>
        let isDone = Atomic(false)
        let answered = Atomic(0)

        init(_ matcher: Matcher) { self.matcher = Mutex(matcher) }
    }
}
