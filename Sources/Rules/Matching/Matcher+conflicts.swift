// SPDX-License-Identifier: MIT
import Wire

extension Matcher {
    /// Rules with a warning of their own; more are counted.
    private static let most = 1000

    /// Rules that can never decide anything because an earlier one has the same pattern, and networks that two actions claim.
    func conflicts(_ tally: ListTally) -> [Problem] {
        var tally = tally
        var own: [Problem] = []
        var left = 0
        func say(_ problem: @autoclosure () -> Problem) {
            if own.count < Self.most { own.append(problem()) } else { left += 1 }
        }
        func collide(_ rule: StoredRule, _ earlier: StoredRule) {
            let run = origins.run(of: rule.place)
            let first = origins.run(of: earlier.place)
            let (treatment, other) = (origins.treatments[Int(run.treatment)].value, origins.treatments[Int(first.treatment)].value)
            let isSame = treatment.action == other.action && treatment.tunnel == other.tunnel
            // A list with exceptions within exceptions is several here, and some of its lines stand in two of them.
            let (list, before) = (origins.lists[Int(run.list)], origins.lists[Int(first.list)])
            if store.line(of: rule) == store.line(of: earlier), list.include == before.include, list.file == before.file, !list.isNative {
                return
            }
            if origins.lists[Int(run.list)].isNative {
                say(problem(full(rule), full(earlier), isSame: isSame, isShared: !origins.lists[Int(first.list)].isNative))
            } else {
                tally.note(isSame ? .repeated : .losing, of: rule, by: earlier, in: run.list)
            }
        }
        for head in names.heads where head.hasEarlier {
            var first: [NameKind: StoredRule] = [:]
            for rule in names.chain(head).map({ store[$0] }).reversed() where !rule.isException {
                guard let kind = rule.kind else { continue }
                if let earlier = first[kind] { collide(rule, earlier) } else { first[kind] = rule }
            }
            if let suffix = first[.suffix], let exact = first[.exact], let below = first[.below],
                origins.lists[Int(origins.run(of: suffix.place).list)].isNative
            {
                say(covered(full(suffix), full(exact), full(below)))
            }
        }
        Self.collisions(patterns.regexes.map { ($0.place, $0.source) }) { collide(store[$0], store[$1]) }
        Self.collisions(patterns.keywords.map { ($0.place, $0.keyword) }) { collide(store[$0], store[$1]) }
        Self.collisions(patterns.networks.map { ($0.place, $0.network) }) { collide(store[$0], store[$1]) }
        if left > 0, let last = own.last {
            own.append(Problem(.warning, file: last.file, line: 0, column: 0, "\(left) more rules that have no effect"))
        }
        return (own + ListTally.Kind.allCases.flatMap { summaries($0, tally[$0]) }).sorted {
            ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column)
        }
    }

    private static func collisions<Key: Hashable>(_ all: [(place: Place, key: Key)], _ collide: (Place, Place) -> Void) {
        var first: [Key: Place] = [:]
        for (place, key) in all {
            if let earlier = first[key] { collide(place, earlier) } else { first[key] = place }
        }
    }

    private func problem(_ rule: Rule, _ earlier: Rule, isSame: Bool, isShared: Bool) -> Problem {
        let place = "\(earlier.file):\(earlier.line)"
        if isSame {
            return Problem(
                .warning, file: rule.file, line: rule.line, column: rule.column, "'\(rule.text)' stands already at \(place)",
                hint: isShared ? nil : "delete one of the two")
        }
        if case .network = rule.pattern {
            // What a list of others says must not stop a reload.
            return Problem(
                isShared ? .warning : .error, file: rule.file, line: rule.line, column: rule.column,
                "'\(rule.text)' is '\(earlier.action.rawValue)' at \(place)",
                hint: isShared ? "make it longer, or name its file before that one" : "delete one of the two, or make one of them longer")
        }
        return Problem(
            .warning, file: rule.file, line: rule.line, column: rule.column,
            "'\(rule.text)' can never match: \(place) has it first, as '\(earlier.action.rawValue)'",
            hint: isShared ? "put it before that list" : "delete one of the two")
    }

    /// A suffix for which other rules take both the name and all below it.
    private func covered(_ rule: Rule, _ exact: Rule, _ below: Rule) -> Problem {
        Problem(
            .warning, file: rule.file, line: rule.line, column: rule.column,
            "'\(rule.text)' can never match: \(exact.file):\(exact.line) has the name, and \(below.file):\(below.line) all below it",
            hint: "delete one of the three")
    }

    private func summaries(_ kind: ListTally.Kind, _ counts: [ListTally.Count]) -> [Problem] {
        counts.compactMap { count in
            guard let (first, by) = count.first else { return nil }
            let rule = full(first)
            let earlier = full(by)
            let place = "\(earlier.file):\(earlier.line)"
            let more = count.count == 1 ? "" : ", and \(count.count - 1) more of this list so"
            let message =
                switch kind {
                case .repeated where rule.file == earlier.file && rule.line == earlier.line:
                    "this list is included twice: '\(rule.text)' stands already in the first include\(more)"
                case .repeated: "'\(rule.text)' stands already at \(place)\(more)"
                case .losing: "'\(rule.text)' can never match: \(place) has it first, as '\(earlier.action.rawValue)'\(more)"
                }
            return Problem(.warning, file: rule.file, line: rule.line, column: 0, message)
        }
    }

    /// Regexes that take the names of everybody, and of what.
    func problems(ofBroad regexes: [Int: String]) -> [Problem] {
        regexes.sorted { $0.key < $1.key }.map { index, what in
            let rule = full(store[patterns.regexes[index].place])
            return Problem(
                .error, file: rule.file, line: rule.line, column: rule.column,
                "\(rule.text) is found in \(what): not taken",
                hint: "'force' at the end of the rule or the include takes it, if you mean all of them")
        }
    }

    /// Regexes that the compiler did not take.
    func problems(of mistakes: [RegexMistake]) -> [Problem] {
        mistakes.compactMap { mistake in
            guard patterns.regexes.indices.contains(mistake.index) else { return nil }
            let rule = full(store[patterns.regexes[mistake.index].place])
            // The pattern begins with its slash.
            let column = rule.column == 0 ? 0 : rule.column + 1 + (mistake.offset ?? 0)
            return Problem(
                .error, file: rule.file, line: rule.line, column: column, "\(rule.text) is no regex for names: \(mistake.message)")
        }
    }
}
