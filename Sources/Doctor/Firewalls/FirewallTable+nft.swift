// SPDX-License-Identifier: MIT

extension FirewallTable {
    /// The tables of a ruleset that are not ours and see packets, and whether `inet sluice` and `inet sluice_guard` are among them.
    package static func others(inRuleset text: String) -> (others: [FirewallTable], hasOurs: Bool, hasGuard: Bool) {
        let all = tables(inRuleset: text)
        let others = all.filter { !$0.name.hasPrefix("inet sluice") && $0.chains.contains { $0.hook != nil } }
        return (others, all.contains { $0.name == "inet sluice" }, all.contains { $0.name == "inet sluice_guard" })
    }

    /// Reads what `nft -s -t -y list ruleset` says. What is not understood is left out; any text is read without a failure.
    package static func tables(inRuleset text: String) -> [FirewallTable] {
        var tables: [FirewallTable] = []
        var depth = 0
        // Sets, maps and objects stand at the same depth as chains.
        var inChain = false
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            if first == "}" {
                depth = max(0, depth - 1)
                inChain = inChain && depth > 1
            } else if depth == 0, first == "table", words.count >= 3 {
                let name = "\(words[1]) \(words[2])"
                tables.append(FirewallTable(name: name, command: "sudo nft list table \(name)"))
                depth = 1
            } else if depth == 1, words.last == "{" {
                inChain = first == "chain" && words.count >= 2
                if inChain, !tables.isEmpty { tables[tables.count - 1].chains.append(Chain(name: words[1])) }
                depth = 2
            } else if inChain, depth == 2, !tables.isEmpty {
                let table = tables.count - 1
                let chain = tables[table].chains.count - 1
                if first == "type", words.contains("hook") {
                    tables[table].chains[chain].hook = Hook(nft: words)
                } else {
                    tables[table].chains[chain].rules.append(FirewallRule(nft: words))
                }
            } else if words.last == "{" {
                depth += 1
            }
        }
        return tables
    }
}

extension FirewallTable.Hook {
    /// `type filter hook output priority -150; policy drop;`
    fileprivate init?(nft words: [String]) {
        let bare = words.map { $0.hasSuffix(";") ? String($0.dropLast()) : $0 }
        func word(behind key: String) -> String? {
            guard let index = bare.firstIndex(of: key), index + 1 < bare.count else { return nil }
            return bare[index + 1]
        }
        guard let point = word(behind: "hook").flatMap(Point.init), let priority = word(behind: "priority") else { return nil }
        self.init(point: point, priority: Int(priority) ?? 0, drops: word(behind: "policy") == "drop")
    }
}

extension FirewallRule {
    /// One line of a chain, in words.
    init(nft all: [String]) {
        var words = all
        if let comment = words.firstIndex(of: "comment") { words = Array(words[..<comment]) }
        self.init(text: all.joined(separator: " "))
        readPorts(words)
        isNarrower = words.contains {
            ["oifname", "iifname", "oif", "iif", "saddr", "daddr", "skuid", "skgid", "cgroupv2", "socket"].contains($0)
        }
        var index = 0
        while index < words.count {
            defer { index += 1 }
            let rest = words[(index + 1)...]
            switch words[index] {
            case "accept": effects.append(.accepts)
            case "drop", "reject": effects.append(.refuses)
            case "dnat", "redirect", "tproxy":
                effects.append(.turns(([words[index]] + rest.filter { !["counter"].contains($0) }).joined(separator: " ")))
            case "jump", "goto": if let chain = rest.first { jumps.append(chain.trimmed(",")) }
            case "notrack": effects.append(.untracks)
            case "flow" where rest.first == "add" || rest.first == "offload": effects.append(.offloads)
            // Before `set` a mark is compared, behind it one is made of another.
            case "mark" where rest.first != "set": if !words[..<index].contains("set") { isNarrower = true }
            case "mark" where words[..<index].last == "ct": effects.append(.marksFlow(Self.bits(of: "ct", writtenBy: rest.dropFirst())))
            case "mark":
                let value = Array(rest.dropFirst())
                effects.append(
                    value.starts(with: ["ct", "mark"]) ? .restoresMark : .marks(Self.bits(of: "meta", writtenBy: value)))
            case "fib" where rest.contains("missing") && rest.contains("saddr") && rest.contains("drop"):
                effects.append(.filtersReversePath(withMark: rest.prefix { $0 != "oif" }.contains("mark")))
            default: break
            }
        }
        if effects.contains(where: { if case .filtersReversePath = $0 { true } else { false } }) { effects.removeAll { $0 == .refuses } }
    }

    /// `udp dport 53`, `tcp dport { 53, 853 }`, `th dport 50-60`, `ip daddr . udp dport { 1.1.1.1 . 53 }`. Named sets may hold anything.
    private mutating func readPorts(_ words: [String]) {
        guard let start = words.firstIndex(of: "dport") else { return }
        var values = words[(start + 1)...].drop { $0 == "." || $0 == "vmap" || $0.first?.isLetter == true }
        guard let first = values.first else { return }
        if first == "!=" {
            isAboutOthers = true
            return
        }
        if first.hasPrefix("@") { return }
        values = first == "{" ? values.dropFirst().prefix { $0 != "}" } : values.prefix(1)
        isAboutDNS = values.contains { Self.holdsDNS($0.trimmed(",")) }
        isAboutOthers = !isAboutDNS
    }

    /// A port or a range of ports with 53 or 853 in it.
    static func holdsDNS(_ text: String) -> Bool {
        if text == "domain" || text == "domain-s" { return true }
        let ends = text.split { $0 == "-" || $0 == ":" }.compactMap { Int($0) }
        guard let low = ends.first, let high = ends.last, ends.count <= 2, low <= high else { return false }
        return (low...high).contains(53) || (low...high).contains(853)
    }

    /// Which bits of a mark an expression can change: `0xca6c` all, `mark & 0xff00ffff | 0x40000` those not kept, and those set.
    /// Made of the other mark, of a flow or of a packet, it changes all.
    static func bits(of own: String, writtenBy words: some Collection<String>) -> UInt32 {
        var rest = Array(words)
        let source = rest.first == "ct" ? "ct" : "meta"
        if rest.first == "meta" || rest.first == "ct" { rest.removeFirst() }
        guard rest.first == "mark", source == own else { return .max }
        var written: UInt32 = 0
        for (operation, operand) in zip(rest.dropFirst(), rest.dropFirst(2)) {
            guard let number = Self.number(operand) else { continue }
            switch operation {
            case "&", "and": written |= ~number
            case "|", "or", "^", "xor": written |= number
            default: break
            }
        }
        return written
    }

    static func number(_ text: String) -> UInt32? {
        text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    }
}

extension String {
    /// Without this character at its end.
    fileprivate func trimmed(_ end: Character) -> String { last == end ? String(dropLast()) : self }
}
