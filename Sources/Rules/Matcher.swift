// SPDX-License-Identifier: MIT
import Wire

/// Frozen rules, ready to be asked. Built once, shared by all, replaced as a whole.
///
/// Names stand in one byte array, found by an open-addressing table of the hashes of their suffixes: a lookup hashes the asked name once,
/// from its last label to its first, and probes once a label.
package struct Matcher: Sendable {
    /// All rules, by file and line as they were given.
    package let rules: [Rule]

    private var names: [UInt8] = []
    private var entries: [Entry] = []
    /// Indices into `entries` plus one; 0 is empty. A power of two, at most half full.
    private var table: [UInt32] = []
    /// For each rule, the next one for the same name, plus one; 0 ends.
    private var next: [UInt32] = []
    private var regexes: [(rule: Int, regex: SendableRegex)] = []
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

    /// Regex is immutable once compiled; the standard library has not yet said so.
    private struct SendableRegex: @unchecked Sendable {
        let value: Regex<AnyRegexOutput>
    }

    package static let empty = Matcher([])

    /// - Parameter rules: in the order of precedence of their files and lines.
    package init(_ rules: [Rule]) {
        self.rules = rules
        next = Array(repeating: 0, count: rules.count)
        var capacity = 16
        while capacity < rules.count * 2 { capacity *= 2 }
        table = Array(repeating: 0, count: capacity)
        for (index, rule) in rules.enumerated() {
            switch rule.pattern {
            case .exact(let name), .suffix(let name), .below(let name): insert(name, index)
            case .regex(let source):
                // The parser has compiled it once; one that fails now would be a rule that silently never matches.
                if let regex = try? Regex(source) { regexes.append((index, SendableRegex(value: regex))) }
            case .keyword(let keyword): keywords.append((index, Array(keyword.utf8)))
            case .network(let network): networks.append((index, network))
            }
        }
        networks.sort { ($1.network.length, $0.rule) < ($0.network.length, $1.rule) }
    }

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
    package func match(_ name: Name) -> Rule? {
        var found: Int?
        visit(name) { index in
            found = index
            return false
        }
        return found.map { rules[$0] }
    }

    /// Every rule that matches `name`, the one that decides first.
    package func matches(_ name: Name) -> [Rule] {
        var all: [Rule] = []
        visit(name) { index in
            all.append(rules[index])
            return true
        }
        return all
    }

    /// The rule of the longest network around `address`; nil if none.
    package func match(_ address: IPAddress) -> Rule? {
        networks.first { $0.network.contains(address) }.map { rules[$0.rule] }
    }

    /// All network rules, longest prefix first.
    package var networkRules: [(rule: Rule, network: Network)] { networks.map { (rules[$0.rule], $0.network) } }

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
        guard !regexes.isEmpty || !keywords.isEmpty else { return }
        let text = name.description
        for (rule, regex) in regexes where text.contains(regex.value) {
            guard take(rule) else { return }
        }
        let bytes = Array(text.utf8)
        for (rule, keyword) in keywords where bytes.firstRange(of: keyword) != nil {
            guard take(rule) else { return }
        }
    }

    private func visit(_ chain: UInt32, where fits: (Pattern) -> Bool, _ take: (Int) -> Bool) -> Bool {
        var link = chain
        while link != 0 {
            let rule = Int(link) - 1
            if fits(rules[rule].pattern), !take(rule) { return false }
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
