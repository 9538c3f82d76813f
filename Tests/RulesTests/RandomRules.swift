// SPDX-License-Identifier: MIT
import Rules
import Wire
import Workbench

/// Rules and lists at random, over so few names that many meet, and what a naive matcher makes of them.
struct RandomRules {
    struct Entry {
        let pattern: Pattern
        let line: Int
        let list: Int
        let isException: Bool
        let action: Action
    }

    private(set) var entries: [Entry] = []
    private var random: SeededRandom

    /// One of them as long as names can be, and one with a dot, one with a byte beyond ASCII inside.
    private static let labels = [
        "a", "b", "ab", "B", "x.a", "a-rather-long-label-for-a-name", "\\", "\u{7}", String(repeating: "l", count: 63),
    ]

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func name(_ most: Int = 4) -> Name {
        var name = Name()
        for _ in 0..<Int.random(in: 0...most, using: &random) {
            let label = Array((Self.labels.randomElement(using: &random) ?? "a").utf8)
            _ = name.append(label: label.count) { label[$0] }
        }
        return name
    }

    /// 255 bytes, its end as short names are.
    mutating func longest() -> Name {
        let end = name(2)
        let room = Name.capacity - end.count
        var name = Name()
        var left = room
        while left > 0 {
            let length = left == 65 ? 62 : min(64, left) - 1
            _ = name.append(label: length) { _ in 97 }
            left -= length + 1
        }
        var offset = 0
        while end[offset] != 0 {
            let start = offset + 1
            _ = name.append(label: Int(end[offset])) { end[start + $0] }
            offset += Int(end[offset]) + 1
        }
        return name
    }

    private mutating func pattern(_ isRare: Bool) -> Pattern {
        let name = Int.random(in: 0..<10, using: &random) == 0 ? longest() : name()
        // Few of the kinds that need a search: they match nearly everything in so small an alphabet.
        switch Int.random(in: 0..<(isRare ? 60 : 10), using: &random) {
        case 0: return .keyword(["ab", "x\\.a", "long", "\\007", "ll.", "a.b", "b"].randomElement(using: &random) ?? "ab")
        case 1: return .regex(["^a\\.", "ab$", "long|^b", "\\\\", "^.{250}", "B"].randomElement(using: &random) ?? "b")
        case 2..<20: return .exact(name)
        case 20..<40: return .below(name)
        default: return .suffix(name)
        }
    }

    /// Lists, and rules of their own between them.
    mutating func matcher(lists: Int, each count: Int) -> Matcher {
        var builder = MatcherBuilder()
        for list in 0..<lists {
            let action = Action.allCases.randomElement(using: &random) ?? .lan
            let isNative = Bool.random(using: &random)
            if !isNative { builder.begin(file: "\(list)", treatment: Treatment(action)) }
            for line in 1...count {
                let pattern = pattern(true)
                let isException = !isNative && Int.random(in: 0..<8, using: &random) == 0
                if isNative {
                    builder.add(Rule(action, pattern, text: pattern.text, file: "\(list)", line: line))
                } else {
                    builder.take(pattern, ListLine(line: line, isException: isException))
                }
                entries.append(Entry(pattern: pattern, line: line, list: isNative ? -1 : list, isException: isException, action: action))
            }
        }
        return Matcher(builder)
    }

    /// Indices of the entries that match `name`, the deciding one first; every kind in order of precedence, nothing clever.
    func naive(_ name: Name) -> [Int] {
        let fitting = entries.indices.compactMap { index in rank(entries[index].pattern, name).map { (rank: $0 + [index], index: index) } }
        let passed = Set(fitting.filter { entries[$0.index].isException }.map { entries[$0.index].list })
        return fitting.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }.map(\.index)
            .filter { !entries[$0].isException && !passed.contains(entries[$0].list) }
    }

    private func rank(_ pattern: Pattern, _ name: Name) -> [Int]? {
        switch pattern {
        case .exact(let other): name == other ? [0, 0, 0] : nil
        case .below(let suffix): name.isAtOrBelow(suffix) && name != suffix ? [1, -suffix.labelCount, 0] : nil
        case .suffix(let suffix): name.isAtOrBelow(suffix) ? [1, -suffix.labelCount, 1] : nil
        case .regex(let source): (try? Regex(source).ignoresCase()).map { name.searched.contains($0) } == true ? [2, 0, 0] : nil
        case .keyword(let keyword): name.searched.contains(keyword) ? [3, 0, 0] : nil
        case .network: nil
        }
    }
}

extension Name {
    fileprivate var searched: String { String(decoding: searchedText, as: UTF8.self) }
}
