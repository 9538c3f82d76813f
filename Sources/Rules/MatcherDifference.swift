// SPDX-License-Identifier: MIT

/// What one set of rules has that another has not, exceptions of lists included: pattern and treatment count, wherever they stand.
package struct MatcherDifference: Hashable, Sendable {
    package let added: Part
    package let removed: Part
    /// Rules of the new set that can never decide since an earlier one that wants something else has the same pattern.
    package let conflicting: Part

    /// How many, and the first few as text.
    package struct Part: Hashable, Sendable {
        package var count = 0
        package var examples: [String] = []

        package init() {}
    }

    package static let mostExamples = 3

    /// Works on sorted hashes: 16 bytes a rule while it runs.
    package init(from old: Matcher, to new: Matcher) {
        let former = Self.marks(of: old)
        let present = Self.marks(of: new)
        var (added, removed, conflicting): (Set<Mark>, Set<Mark>, Set<Mark>) = ([], [], [])
        var counts = (added: 0, removed: 0, conflicting: 0)
        var (left, right) = (0, 0)
        while left < former.count || right < present.count {
            if right == present.count || left < former.count && former[left] < present[right] {
                counts.removed += 1
                if removed.count < Self.mostExamples { removed.insert(former[left]) }
                left += 1
            } else if left == former.count || present[right] < former[left] {
                counts.added += 1
                if added.count < Self.mostExamples { added.insert(present[right]) }
                right += 1
            } else {
                left += 1
                right += 1
            }
        }
        for index in present.indices.dropFirst()
        where present[index].pattern == present[index - 1].pattern && present[index].treatment != present[index - 1].treatment {
            counts.conflicting += 1
            if conflicting.count < Self.mostExamples { conflicting.insert(present[index]) }
        }
        self.added = Self.part(counts.added, added, new)
        self.removed = Self.part(counts.removed, removed, old)
        self.conflicting = Self.part(counts.conflicting, conflicting, new)
    }

    package var isEmpty: Bool { added.count == 0 && removed.count == 0 }

    /// `3 added (tunnel a.example, …), none removed, 1 in conflict`.
    package var text: String {
        func words(_ part: Part, _ what: String) -> String {
            guard part.count > 0 else { return "none \(what)" }
            let more = part.count > part.examples.count ? ", …" : ""
            return "\(part.count) \(what) (\(part.examples.joined(separator: ", "))\(more))"
        }
        return [words(added, "added"), words(removed, "removed"), words(conflicting, "in conflict")].joined(separator: ", ")
    }

    private struct Mark: Hashable, Comparable {
        let pattern: Int
        let treatment: Int

        static func < (left: Mark, right: Mark) -> Bool { (left.pattern, left.treatment) < (right.pattern, right.treatment) }
    }

    /// Straight from the rules' bytes: none is made in full for it.
    private struct Marker {
        let matcher: Matcher
        private let treatments: [Int]

        init(_ matcher: Matcher) {
            self.matcher = matcher
            treatments = matcher.origins.treatments.map { $0.value.hashValue }
        }

        func mark(_ rule: StoredRule) -> Mark {
            let treatment = treatments[Int(matcher.origins.run(of: rule.place).treatment)]
            guard rule.kind != nil else {
                return Mark(pattern: matcher.full(rule).pattern.hashValue ^ (rule.isException ? 1 : 0), treatment: treatment)
            }
            // FNV-1a, 64 bits.
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(rule.mark)
            for index in rule.start..<rule.start + rule.length { hash = (hash ^ UInt64(matcher.store.bytes[index])) &* 0x100_0000_01B3 }
            return Mark(pattern: Int(truncatingIfNeeded: hash), treatment: treatment)
        }
    }

    private static func marks(of matcher: Matcher) -> [Mark] {
        let marker = Marker(matcher)
        var marks: [Mark] = []
        marks.reserveCapacity(matcher.store.count)
        matcher.store.forEach { marks.append(marker.mark($0)) }
        marks.sort()
        return marks
    }

    private static func part(_ count: Int, _ marks: Set<Mark>, _ matcher: Matcher) -> Part {
        var part = Part()
        part.count = count
        guard !marks.isEmpty else { return part }
        let marker = Marker(matcher)
        var missing = marks
        matcher.store.forEach { stored in
            guard !missing.isEmpty, missing.remove(marker.mark(stored)) != nil else { return }
            let rule = matcher.full(stored)
            let action = rule.action.rawValue + (rule.tunnel.map { ":" + $0 } ?? "")
            let words = [action] + (stored.isException ? ["except"] : []) + [rule.text] + rule.options.words
            part.examples.append(words.joined(separator: " "))
        }
        return part
    }
}
