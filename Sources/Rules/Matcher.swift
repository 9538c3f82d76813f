// SPDX-License-Identifier: MIT
import Wire

/// Frozen rules, ready to be asked. Built once, shared by all, replaced as a whole.
///
/// Names stand in one byte array, found by an open-addressing table of the hashes of their suffixes: a lookup hashes the asked name once,
/// from its last label to its first, and probes once a label.
package struct Matcher: Sendable {
    /// All rules in full, by file and line as they were given, each made when asked for.
    package var rules: some Sequence<Rule> { all }

    package var count: Int { all.count }

    /// What the rules want, each once.
    package let treatments: [Treatment]

    /// Rules that can never decide anything because an earlier one has the same pattern, networks that two actions claim, regexes that are none.
    package private(set) var problems: [Problem]

    private let all: [Rule]
    /// By number of rule: its list; -1 for none.
    private let lists: [Int]
    private let exceptions: [(list: Int, pattern: Pattern)]

    private var names: [UInt8] = []
    private var entries: [Entry] = []
    /// Indices into `entries` plus one; 0 is empty. A power of two, at most half full.
    private var table: [UInt32] = []
    /// For each rule, the next one for the same name, plus one; 0 ends.
    private var next: [UInt32] = []
    private var regexes: (rules: [Int], set: any RegexSet) = ([], EachRegex())
    private var keywords: [(rule: Int, keyword: [UInt8])] = []
    /// By length of prefix, longest first.
    private var networks: [(rule: Int, network: Network)] = []

    private struct Entry {
        let start: UInt32
        let count: UInt8
        /// The first rule for this name, plus one.
        var first: UInt32
        var last: UInt32
    }

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
        all = builder.rules
        lists = builder.lists
        exceptions = builder.exceptions
        problems = Self.problems(in: all)
        var seen: Set<Treatment> = []
        treatments = all.map(\.treatment).filter { seen.insert($0).inserted }
        next = Array(repeating: 0, count: all.count)
        var capacity = 16
        while capacity < all.count * 2 { capacity *= 2 }
        table = Array(repeating: 0, count: capacity)
        var sources: [String] = []
        for (index, rule) in all.enumerated() {
            switch rule.pattern {
            case .exact(let name), .suffix(let name), .below(let name): insert(name, index)
            case .regex(let source):
                regexes.rules.append(index)
                sources.append(source)
            case .keyword(let keyword): keywords.append((index, Array(keyword.utf8)))
            case .network(let network): networks.append((index, network))
            }
        }
        networks.sort { ($1.network.length, $0.rule) < ($0.network.length, $1.rule) }
        guard !sources.isEmpty else { return }
        let (set, mistakes) = compile(sources)
        regexes.set = set
        for mistake in mistakes {
            let rule = all[regexes.rules[mistake.index]]
            problems.append(
                Problem(
                    .error, file: rule.file, line: rule.line, column: rule.column == 0 ? 0 : rule.column + 1 + (mistake.offset ?? 0),
                    "'\(sources[mistake.index])' is not a regex: \(mistake.message)"))
        }
    }

    /// The rule of that number, in full.
    package func rule(_ number: Int) -> Rule { all[number] }

    private mutating func insert(_ name: Name, _ rule: Int) {
        let hashes = SuffixHashes(name)
        let slot = find(name, from: 0, hash: hashes[0])
        if table[slot] == 0 {
            entries.append(Entry(start: UInt32(names.count), count: UInt8(name.count), first: 0, last: 0))
            for index in 0..<name.count { names.append(name[index]) }
            table[slot] = UInt32(entries.count)
        }
        let entry = Int(table[slot]) - 1
        if entries[entry].first == 0 {
            entries[entry].first = UInt32(rule + 1)
        } else {
            next[Int(entries[entry].last) - 1] = UInt32(rule + 1)
        }
        entries[entry].last = UInt32(rule + 1)
    }

    /// The slot of the suffix of `name` that begins at `offset`, or the empty one where it would stand.
    private func find(_ name: Name, from offset: Int, hash: UInt64) -> Int {
        let mask = table.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while table[slot] != 0 {
            let entry = entries[Int(table[slot]) - 1]
            if Int(entry.count) == name.count - offset, isEqual(entry, name, from: offset) { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func isEqual(_ entry: Entry, _ name: Name, from offset: Int) -> Bool {
        for index in 0..<Int(entry.count) where names[Int(entry.start) + index] != name[offset + index] { return false }
        return true
    }

    /// The rule that decides for `name`; nil if none matches.
    package func match(_ name: Name) -> Ruling? {
        let passed = passedOver(name)
        var found: Int?
        visit(name) { index in
            guard !passed.contains(lists[index]) else { return true }
            found = index
            return false
        }
        return found.map(ruling)
    }

    /// Every rule that matches `name`, the one that decides first.
    package func matches(_ name: Name) -> [Ruling] {
        let passed = passedOver(name)
        var found: [Ruling] = []
        visit(name) { index in
            if !passed.contains(lists[index]) { found.append(ruling(index)) }
            return true
        }
        return found
    }

    /// The rule of the longest network around `address`; nil if none.
    package func match(_ address: IPAddress) -> Ruling? {
        networks.first { $0.network.contains(address) }.map { ruling($0.rule) }
    }

    /// All network rules, longest prefix first.
    package var networkRules: [(rule: Ruling, network: Network)] { networks.map { (ruling($0.rule), $0.network) } }

    private func ruling(_ number: Int) -> Ruling { Ruling(number: number, treatment: all[number].treatment) }

    /// Lists that have an exception for `name`.
    private func passedOver(_ name: Name) -> Set<Int> {
        Set(exceptions.filter { Matcher([Rule(.block, $0.pattern, text: "")]).match(name) != nil }.map(\.list))
    }

    /// Calls `take` with each matching rule in the order of precedence until it returns false.
    private func visit(_ name: Name, _ take: (Int) -> Bool) {
        let hashes = SuffixHashes(name)
        // Almost no name matches: look before walking.
        var chains: InlineArray<128, UInt32> = InlineArray(repeating: 0)
        var isFound = false
        for label in 0..<hashes.count {
            let slot = find(name, from: hashes.offset(label), hash: hashes[label])
            guard table[slot] != 0 else { continue }
            chains[label] = entries[Int(table[slot]) - 1].first
            isFound = true
        }
        if isFound {
            guard visit(chains[0], where: { if case .exact = $0 { true } else { false } }, take) else { return }
            for label in 0..<hashes.count where chains[label] != 0 {
                if label > 0 {
                    guard visit(chains[label], where: { if case .below = $0 { true } else { false } }, take) else { return }
                }
                guard visit(chains[label], where: { if case .suffix = $0 { true } else { false } }, take) else { return }
            }
        }
        guard !regexes.rules.isEmpty || !keywords.isEmpty else { return }
        let text = name.description
        let bytes = Array(text.utf8)
        if !regexes.rules.isEmpty {
            for index in regexes.set.matches(bytes.span) {
                guard take(regexes.rules[index]) else { return }
            }
        }
        for (rule, keyword) in keywords where bytes.firstRange(of: keyword) != nil {
            guard take(rule) else { return }
        }
    }

    private func visit(_ chain: UInt32, where fits: (Pattern) -> Bool, _ take: (Int) -> Bool) -> Bool {
        var link = chain
        while link != 0 {
            let rule = Int(link) - 1
            if fits(all[rule].pattern), !take(rule) { return false }
            link = next[rule]
        }
        return true
    }
}

/// The hash of each suffix of a name, the whole name's first; the root's is not among them.
private struct SuffixHashes {
    private var offsets: InlineArray<128, UInt8> = InlineArray(repeating: 0)
    private var hashes: InlineArray<128, UInt64> = InlineArray(repeating: 0)
    private(set) var count = 0

    init(_ name: Name) {
        var offset = 0
        while name[offset] != 0 {
            offsets[count] = UInt8(offset)
            count += 1
            offset += Int(name[offset]) + 1
        }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for label in stride(from: count - 1, through: 0, by: -1) {
            let start = Int(offsets[label])
            for index in start...start + Int(name[start]) { hash = (hash ^ UInt64(name[index])) &* 0x100_0000_01B3 }
            hashes[label] = hash ^ hash >> 29
        }
    }

    subscript(_ label: Int) -> UInt64 { hashes[label] }
    func offset(_ label: Int) -> Int { Int(offsets[label]) }
}
