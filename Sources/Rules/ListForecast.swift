// SPDX-License-Identifier: MIT
import Wire

/// What a list would do to the rules in force, told before it does it.
package struct ListForecast: ListSink {
    /// What becomes of an entry.
    package enum Fate: String, Hashable, Sendable, CaseIterable {
        /// No rule names it now.
        case new
        /// A rule in force wants the same already.
        case already
        /// It would win over a rule that wants something else.
        case overrides
        /// A rule that wants something else would win over it.
        case overridden
        /// A regex or a keyword, or a name too long to have one below it: which names it meets nobody knows before they are asked.
        case uncompared
        /// It takes more than anybody can mean, and is left out.
        case broad
    }

    package struct Sample: Hashable, Sendable {
        package let pattern: Pattern
        /// Where the list says it.
        package let file: String
        package let line: Int
        /// The rule in force that it meets.
        package let rule: Rule?
    }

    /// Entries by kind of pattern, and exceptions, which count here only.
    package private(set) var kinds: [NameKind: Int] = [:]
    package private(set) var regexes = 0
    package private(set) var keywords = 0
    package private(set) var networks = 0
    package private(set) var exceptions = 0
    /// Entries that stand in it more than once, each time but the first.
    package private(set) var repeated = 0
    package private(set) var fates: [Fate: Int] = [:]
    /// The first of each fate.
    package private(set) var samples: [Fate: [Sample]] = [:]
    /// The first problems, and how many there are.
    package private(set) var problems: [Problem] = []
    package private(set) var problemCount = 0
    /// The same list as a matcher would have it.
    package private(set) var builder = MatcherBuilder()

    private let rules: Matcher
    private let treatment: Treatment
    private let most: Int
    private let breadth: (Pattern) -> Bool
    private var file: String
    private var seen: Set<Int> = []

    /// - Parameters:
    ///   - rules: those in force.
    ///   - treatment: what the include would want.
    ///   - most: samples and problems kept of each kind.
    ///   - breadth: whether an entry takes more than anybody can mean.
    package init(
        file: String, treatment: Treatment, beside rules: Matcher, most: Int = 10, breadth: @escaping (Pattern) -> Bool = { _ in false }
    ) {
        self.breadth = breadth
        self.rules = rules
        self.treatment = treatment
        self.most = most
        self.file = file
        builder.begin(file: file, treatment: treatment)
    }

    package mutating func begin(file: String) {
        self.file = file
        builder.begin(file: file)
    }

    package var count: Int { kinds.values.reduce(regexes + keywords + networks, +) }

    package mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {
        let name = copy name
        switch kind {
        case .exact: take(.exact(name), said)
        case .suffix: take(.suffix(name), said)
        case .below: take(.below(name), said)
        }
    }

    package mutating func take(_ pattern: Pattern, _ said: ListLine) {
        let isBroad = breadth(pattern)
        if !isBroad { hold(pattern, said) }
        guard !said.isException else { return exceptions += 1 }
        switch pattern {
        case .exact: kinds[.exact, default: 0] += 1
        case .suffix: kinds[.suffix, default: 0] += 1
        case .below: kinds[.below, default: 0] += 1
        case .regex: regexes += 1
        case .keyword: keywords += 1
        case .network: networks += 1
        }
        guard seen.insert(pattern.hashValue).inserted else { return repeated += 1 }
        isBroad ? note(.broad, pattern, nil, said) : judge(pattern, said)
    }

    private mutating func hold(_ pattern: Pattern, _ said: ListLine) {
        switch pattern {
        case .exact(let name): builder.take(.exact, name, said)
        case .suffix(let name): builder.take(.suffix, name, said)
        case .below(let name): builder.take(.below, name, said)
        case .regex, .keyword, .network: builder.take(pattern, said)
        }
    }

    package mutating func warn(_ problem: Problem) {
        problemCount += 1
        if problems.count < most { problems.append(problem) }
    }

    /// How many of each kind of pattern.
    package var counts: [String: Int] {
        var counts = ["regex": regexes, "keyword": keywords, "network": networks].filter { $0.value > 0 }
        for (kind, count) in kinds { counts[kind.word] = count }
        return counts
    }

    /// Those of `names` that the list would take from where they go now.
    /// - Parameter list: `builder`, frozen.
    package func captured(of names: [Name], by list: Matcher) -> [Name] {
        names.filter { name in
            guard let mine = list.match(name) else { return false }
            guard let former = rules.match(name) else { return true }
            guard former.action != treatment.action || former.tunnel != treatment.tunnel else { return false }
            return list.rule(mine.number).pattern.outranks(rules.rule(former.number).pattern)
        }
    }

    private mutating func judge(_ pattern: Pattern, _ said: ListLine) {
        let ruling: Ruling?
        switch pattern {
        case .exact(let name), .suffix(let name): ruling = rules.match(name)
        case .below(let name):
            // What is below is known by an example of it; a name too long for one has nothing below.
            guard let below = Name("x").flatMap({ name.prepending($0) }) else { return note(.uncompared, pattern, nil, said) }
            ruling = rules.match(below)
        case .network(let network): ruling = rules.match(network.address)
        case .regex, .keyword: return note(.uncompared, pattern, nil, said)
        }
        let rule = ruling.map { rules.rule($0.number) }
        let fate: Fate =
            switch rule {
            case nil: .new
            case let rule? where rule.action == treatment.action && rule.tunnel == treatment.tunnel: .already
            case let rule?: pattern.outranks(rule.pattern) ? .overrides : .overridden
            }
        note(fate, pattern, rule, said)
    }

    private mutating func note(_ fate: Fate, _ pattern: Pattern, _ rule: Rule?, _ said: ListLine) {
        fates[fate, default: 0] += 1
        if samples[fate, default: []].count < most {
            samples[fate, default: []].append(Sample(pattern: pattern, file: file, line: said.line, rule: rule))
        }
    }
}

extension NameKind {
    fileprivate var word: String {
        switch self {
        case .exact: "exact"
        case .suffix: "suffix"
        case .below: "below"
        }
    }
}

extension Pattern {
    /// What its kinds are called, in the order in which they win.
    package static let kindWords = ["exact", "suffix", "below", "regex", "keyword", "network"]

    /// Whether it decides before `other` where both match; of two alike the first by file and line does, and neither outranks.
    package func outranks(_ other: Pattern) -> Bool {
        let (mine, others) = (rank, other.rank)
        return mine.kind != others.kind ? mine.kind < others.kind : mine.length > others.length
    }

    /// Lower kinds first, then greater lengths.
    private var rank: (kind: Int, length: Int) {
        switch self {
        case .exact: (0, 0)
        // Equal labels: below first.
        case .below(let name): (1, name.labelCount * 2 + 1)
        case .suffix(let name): (1, name.labelCount * 2)
        case .regex: (2, 0)
        case .keyword: (3, 0)
        case .network(let network): (4, network.length)
        }
    }
}

extension Name {
    /// `first` before this name; nil where that is too long.
    fileprivate func prepending(_ first: Name) -> Name? {
        var joined = first
        var offset = 0
        while self[offset] != 0 {
            let start = offset
            guard joined.append(label: Int(self[start]), { self[start + 1 + $0] }) else { return nil }
            offset += Int(self[start]) + 1
        }
        return joined
    }
}
