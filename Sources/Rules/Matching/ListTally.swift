// SPDX-License-Identifier: MIT

/// What of lists has no effect, counted: a list that repeats another a million times is one thing to know.
struct ListTally {
    enum Kind: CaseIterable {
        /// An earlier rule says the same.
        case repeated
        /// An earlier rule says something else.
        case losing
    }

    struct Count {
        var count = 0
        /// The first of them, and what stands before it.
        var first: (rule: StoredRule, by: StoredRule)?
    }

    private var counts: [[Count]]

    init(lists: Int) { counts = Array(repeating: Array(repeating: Count(), count: lists), count: Kind.allCases.count) }

    mutating func note(_ kind: Kind, of rule: StoredRule, by earlier: StoredRule, in list: UInt32) {
        let index = kind == .repeated ? 0 : 1
        counts[index][Int(list)].count += 1
        if counts[index][Int(list)].first.map({ rule.place < $0.rule.place }) ?? true { counts[index][Int(list)].first = (rule, earlier) }
    }

    subscript(_ kind: Kind) -> [Count] { counts[kind == .repeated ? 0 : 1] }
}
