// SPDX-License-Identifier: MIT

/// Which list each rule is of, where that list stands and what it wants: said once for all rules that follow each other and share it.
struct RuleOrigins: Sendable {
    struct List: Sendable {
        let file: String
        /// Rules that stand for themselves, not in a list.
        let isNative: Bool
        /// The number of the first list of the same include: a list with parts, or with exceptions within exceptions, is several here.
        let include: UInt32
    }

    struct Run: Sendable {
        let first: RuleStore.Place
        let list: UInt32
        let treatment: UInt32
        /// Of the pattern in its line, in characters from 1; 0: not known.
        let column: UInt32

        func continues(_ list: UInt32, _ treatment: UInt32, _ column: UInt32) -> Bool {
            self.list == list && self.treatment == treatment && self.column == column
        }
    }

    private(set) var lists: [List] = []
    private(set) var treatments: [SharedTreatment] = []
    private var runs: [Run] = []
    private var numbers: [Treatment: UInt32] = [:]

    /// - Parameter continues: whether it is of the same include as the list before.
    mutating func begin(file: String, isNative: Bool, continues: Bool) -> UInt32 {
        let number = UInt32(truncatingIfNeeded: lists.count)
        lists.append(List(file: file, isNative: isNative, include: (continues ? lists.last?.include : nil) ?? number))
        return number
    }

    mutating func number(of treatment: Treatment) -> UInt32 {
        if let number = numbers[treatment] { return number }
        let number = UInt32(truncatingIfNeeded: treatments.count)
        treatments.append(SharedTreatment(treatment))
        numbers[treatment] = number
        return number
    }

    /// Says it of the rule at `place`, and of those that follow.
    mutating func note(_ place: RuleStore.Place, list: UInt32, treatment: UInt32, column: Int = 0) {
        let column = UInt32(clamping: column)
        if let last = runs.last, last.continues(list, treatment, column) { return }
        runs.append(Run(first: place, list: list, treatment: treatment, column: column))
    }

    func run(of place: RuleStore.Place) -> Run {
        runs.count == 1 ? runs[0] : runs[runs.partition { $0.first > place } - 1]
    }
}
