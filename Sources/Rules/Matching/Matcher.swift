// SPDX-License-Identifier: MIT
import Wire

/// Frozen rules, ready to be asked. Built once, shared by all, replaced as a whole.
package struct Matcher: Sendable {
    let store: RuleStore
    let origins: RuleOrigins
    let names: NameTable
    let patterns: Patterns
    let keywords: KeywordAutomaton
    let regexes: any RegexSet
    let texts: [RuleStore.Place: String]
    /// The first rule of each network.
    private let networks: [Network: RuleStore.Place]
    /// Lengths of prefixes, longest first.
    private let lengths: [Int]
    /// By list: whether it has exceptions.
    let isExcepted: [Bool]
    private let untaken: Int

    /// Rules that can never decide anything because an earlier one has the same pattern, networks that two actions claim, regexes that are none;
    /// and what formats had to say of their lists. A list's are counted, not listed.
    package private(set) var problems: [Problem]

    package static let empty = Matcher([])

    /// - Parameter rules: in the order of precedence of their files and lines.
    package init(_ rules: [Rule], regexes compile: RegexCompiler = EachRegex.compile) {
        var builder = MatcherBuilder()
        for rule in rules { builder.add(rule) }
        self.init(builder, regexes: compile)
    }

    /// Freezes what the builder took.
    /// - Parameter compile: makes one set of all regexes.
    package init(_ builder: MatcherBuilder, regexes compile: RegexCompiler = EachRegex.compile) {
        let store = builder.store
        let origins = builder.origins
        var tally = ListTally(lists: origins.lists.count)
        names = NameTable(store) { rule, earlier in
            let run = origins.run(of: rule.place)
            guard rule.mark == earlier.mark, run.list == origins.run(of: earlier.place).list, !origins.lists[Int(run.list)].isNative else {
                return false
            }
            tally.note(.repeated, of: rule, by: earlier, in: run.list)
            return true
        }
        self.store = store
        self.origins = origins
        patterns = builder.patterns
        texts = builder.texts
        keywords = KeywordAutomaton(patterns.keywords.map { Array($0.keyword.utf8) })
        networks = Dictionary(patterns.networks.map { ($0.network, $0.place) }) { first, _ in first }
        lengths = Set(networks.keys.map(\.length)).sorted(by: >)
        isExcepted = Self.exceptions(store, origins)
        let compiled = patterns.regexes.isEmpty ? (set: EachRegex(), mistakes: []) : compile(patterns.regexes.map(\.source))
        let patterns = patterns
        let broad = (patterns.regexes.isEmpty ? [:] : NarrowRegexes.broad(in: compiled.set)).filter { index, _ in
            !origins.treatments[Int(origins.run(of: patterns.regexes[index].place).treatment)].value.options.force
        }
        regexes = broad.isEmpty ? compiled.set : NarrowRegexes(all: compiled.set, broad: Set(broad.keys))
        untaken = broad.count + compiled.mistakes.count
        problems = builder.problems
        problems += conflicts(tally) + problems(of: compiled.mistakes) + problems(ofBroad: broad)
    }

    private static func exceptions(_ store: RuleStore, _ origins: RuleOrigins) -> [Bool] {
        var isExcepted = Array(repeating: false, count: origins.lists.count)
        guard store.exceptions > 0 else { return isExcepted }
        store.forEach { if $0.isException { isExcepted[Int(origins.run(of: $0.place).list)] = true } }
        return isExcepted
    }

    /// Rules that can decide: no exceptions, and no regex that was not taken.
    package var count: Int { store.count - store.exceptions - untaken }

    /// What the rules want, each once.
    package var treatments: [Treatment] { origins.treatments.map(\.value) }

    /// The rule of the longest network around `address`; nil if none.
    package func match(_ address: IPAddress) -> Ruling? {
        for length in lengths {
            if let network = Network(address, length: length), let place = networks[network] { return ruling(place) }
        }
        return nil
    }

    /// Whether the longest network around `address` is a `tunnel` rule's: that wins over a `direct` lease.
    package func isTunnels(_ address: IPAddress) -> Bool { match(address)?.action == .tunnel }

    /// All network rules, longest prefix first.
    package var networkRules: [(rule: Ruling, network: Network)] {
        patterns.networks.sorted { ($1.network.length, $0.place) < ($0.network.length, $1.place) }.map { (ruling($0.place), $0.network) }
    }

    func ruling(_ place: RuleStore.Place) -> Ruling {
        Ruling(number: Int(place), shared: origins.treatments[Int(origins.run(of: place).treatment)])
    }
}
