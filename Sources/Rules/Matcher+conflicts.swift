// SPDX-License-Identifier: MIT
import Wire

extension Matcher {
    /// Rules that can never decide anything because an earlier one has the same pattern, and networks that two actions claim.
    static func problems(in rules: [Rule]) -> [Problem] {
        var first: [Pattern: Rule] = [:]
        let repeated: [Problem] = rules.compactMap { rule in
            guard let earlier = first[rule.pattern] else {
                first[rule.pattern] = rule
                return nil
            }
            let place = "\(earlier.file):\(earlier.line)"
            if earlier.action == rule.action, earlier.tunnel == rule.tunnel {
                return Problem(
                    .warning, file: rule.file, line: rule.line, column: rule.column, "'\(rule.text)' stands already at \(place)",
                    hint: "delete one of the two")
            }
            if case .network = rule.pattern {
                return Problem(
                    .error, file: rule.file, line: rule.line, column: rule.column,
                    "'\(rule.text)' is '\(earlier.action.rawValue)' at \(place)",
                    hint: "delete one of the two, or make one of them longer")
            }
            return Problem(
                .warning, file: rule.file, line: rule.line, column: rule.column,
                "'\(rule.text)' can never match: \(place) has it first, as '\(earlier.action.rawValue)'", hint: "delete one of the two")
        }
        return repeated + first.values.compactMap { covered($0, by: first) }
    }

    /// A suffix for which other rules take both the name and all below it.
    private static func covered(_ rule: Rule, by first: [Pattern: Rule]) -> Problem? {
        guard case .suffix(let name) = rule.pattern, let exact = first[.exact(name)], let below = first[.below(name)] else { return nil }
        return Problem(
            .warning, file: rule.file, line: rule.line, column: rule.column,
            "'\(rule.text)' can never match: \(exact.file):\(exact.line) has the name, and \(below.file):\(below.line) all below it",
            hint: "delete one of the three")
    }
}
