// SPDX-License-Identifier: MIT
import Wire

/// What a list takes back of itself.
package struct SelfException: Hashable, Sendable {
    package let file: String
    /// Names of the list that were looked at, and how many of them its own exceptions take out again.
    package let names: Int
    package let excepted: Int

    /// Whether hardly anything is left: as of a list that has become ten times smaller.
    package var isNearlyAll: Bool { names > 0 && (names - excepted) * 10 <= names }
}

extension Matcher {
    /// Of each list that makes exceptions: how much of it they leave, judged by its names, of many by so many of them evenly.
    package func selfExceptions(sample: Int = 4096) -> [SelfException] {
        guard store.exceptions > 0 else { return [] }
        var totals = Array(repeating: 0, count: isExcepted.count)
        forEachName { _, list in totals[list] += 1 }
        var seen = Array(repeating: 0, count: isExcepted.count)
        var looked = seen
        var excepted = seen
        forEachName { rule, list in
            defer { seen[list] += 1 }
            guard isExcepted[list], seen[list] % max(1, totals[list] / sample) == 0 else { return }
            looked[list] += 1
            if exceptingLists(of: probe(rule)).contains(UInt32(list)) { excepted[list] += 1 }
        }
        return isExcepted.indices.filter { isExcepted[$0] }.map {
            SelfException(file: origins.lists[$0].file, names: looked[$0], excepted: excepted[$0])
        }
    }

    private func forEachName(_ body: (StoredRule, Int) -> Void) {
        store.forEach { rule in
            if rule.kind != nil, !rule.isException { body(rule, Int(origins.run(of: rule.place).list)) }
        }
    }

    /// A name that the rule stands for.
    private func probe(_ rule: StoredRule) -> Name {
        let name = store.name(of: rule)
        switch rule.kind {
        case .below: return Name("www").flatMap { $0.appending(name) } ?? name
        case .exact, .suffix, nil: return name
        }
    }
}
