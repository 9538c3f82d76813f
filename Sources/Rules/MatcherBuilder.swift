// SPDX-License-Identifier: MIT
import Wire

/// Takes rules in the order of their files and lines, one by one or list by list; `Matcher(builder)` freezes them.
package struct MatcherBuilder: ListSink {
    private(set) var rules: [Rule] = []
    /// The list of each rule, by number.
    private(set) var lists: [Int] = []
    private(set) var exceptions: [(list: Int, pattern: Pattern)] = []
    /// What formats had to say, in the order in which they said it.
    package private(set) var problems: [Problem] = []

    private var list = 0
    private var file = ""
    private var treatment = Treatment(.block)

    package init() {}

    /// Following entries stand in this file and want this; exceptions among them are of this list only.
    package mutating func begin(file: String, treatment: Treatment) {
        list += 1
        self.file = file
        self.treatment = treatment
    }

    package mutating func begin(file: String) { begin(file: file, treatment: treatment) }

    /// A rule that stands for itself; it belongs to no list.
    package mutating func add(_ rule: Rule) {
        rules.append(rule)
        lists.append(-1)
    }

    package mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {
        let name = copy name
        switch kind {
        case .exact: take(.exact(name), said)
        case .suffix: take(.suffix(name), said)
        case .below: take(.below(name), said)
        }
    }

    package mutating func take(_ pattern: Pattern, _ said: ListLine) {
        guard !said.isException else {
            exceptions.append((list, pattern))
            return
        }
        var treatment = treatment
        if let via = said.via { treatment.options.via = via }
        rules.append(Rule(treatment, pattern, text: pattern.text, file: file, line: said.line))
        lists.append(list)
    }

    package mutating func warn(_ problem: Problem) { problems.append(problem) }
}
