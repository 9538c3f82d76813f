// SPDX-License-Identifier: MIT
import Wire

extension Matcher {
    /// All rules in full, by file and line, each made when it is reached.
    package var rules: some Sequence<Rule> { RuleSequence(matcher: self) }

    /// The rule of that number, in full. A number of another matcher gives the rule before it, or one of no file.
    package func rule(_ number: Int) -> Rule {
        guard let rule = store.rule(around: number) else { return Rule(.block, .suffix(.root), text: ".") }
        return full(rule)
    }

    /// Names that rules name exactly, by file and line, until `take` wants no more. Passes over a million others in some milliseconds.
    package func forEachExactName(_ take: (Name, Ruling) -> Bool) {
        var place: Place = 0
        while place < store.end {
            let rule = store[place]
            place = rule.next
            guard rule.kind == .exact, !rule.isException else { continue }
            guard take(store.name(of: rule), ruling(rule.place)) else { return }
        }
    }

    func full(_ rule: StoredRule) -> Rule {
        let run = origins.run(of: rule.place)
        let pattern = pattern(of: rule)
        return Rule(
            origins.treatments[Int(run.treatment)].value, pattern, text: texts[rule.place] ?? pattern.text,
            file: origins.lists[Int(run.list)].file, line: store.line(of: rule), column: Int(run.column))
    }

    private func pattern(of rule: StoredRule) -> Pattern {
        switch rule.kind {
        case .exact: .exact(store.name(of: rule))
        case .suffix: .suffix(store.name(of: rule))
        case .below: .below(store.name(of: rule))
        case nil: patterns.pattern(store.pattern(of: rule), at: rule.place) ?? .suffix(.root)
        }
    }

    private struct RuleSequence: Sequence, IteratorProtocol {
        let matcher: Matcher
        private var place: Place = 0

        init(matcher: Matcher) { self.matcher = matcher }

        mutating func next() -> Rule? {
            while place < matcher.store.end {
                let rule = matcher.store[place]
                place = rule.next
                if !rule.isException { return matcher.full(rule) }
            }
            return nil
        }
    }
}
