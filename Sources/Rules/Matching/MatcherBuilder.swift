// SPDX-License-Identifier: MIT
import Wire

/// Takes rules in the order of their files and lines, one by one or list by list; `Matcher(builder)` freezes them.
package struct MatcherBuilder: ListSink {
    private(set) var store = RuleStore()
    private(set) var origins = RuleOrigins()
    private(set) var patterns = Patterns()
    /// Of rules whose text is not what their pattern would be written as.
    private(set) var texts: [RuleStore.Place: String] = [:]
    /// What formats had to say, in the order in which they said it.
    package private(set) var problems: [Problem] = []

    private var file = ""
    private var treatment = Treatment(.block)
    private var list: UInt32 = 0
    private var isNative = false
    /// Of lines that name no server, as most do.
    private var plain: UInt32?
    /// Of the last line that named one: many name the same.
    private var last: (via: ServerAddress, treatment: UInt32)?

    package init() {}

    /// Makes room at once for lists of so many bytes; what is not used costs no memory.
    package mutating func reserve(listBytes: Int) { store.reserve(store.bytes.count + 2 * max(0, listBytes)) }

    /// Following entries stand in this file and want this; exceptions among them are of this list only.
    package mutating func begin(file: String, treatment: Treatment) {
        self.treatment = treatment
        (plain, last) = (nil, nil)
        open(file, isNative: false, continues: false)
    }

    /// Following entries stand in this file, and are as another list that wants the same: exceptions before and after are not each other's.
    package mutating func begin(file: String) { open(file, isNative: false, continues: !isNative) }

    private mutating func open(_ file: String, isNative: Bool, continues: Bool) {
        self.file = file
        self.isNative = isNative
        list = origins.begin(file: file, isNative: isNative, continues: continues)
    }

    /// A rule that stands for itself; it belongs to no list.
    package mutating func add(_ rule: Rule) {
        if !isNative || file != rule.file { open(rule.file, isNative: true, continues: false) }
        let place = store.end
        guard note(treatment: origins.number(of: rule.treatment), line: rule.line, column: rule.column) else { return }
        if rule.text != rule.pattern.text { texts[place] = rule.text }
        switch rule.pattern {
        case .exact(let name): store.append(.exact, name, line: rule.line, isException: false)
        case .suffix(let name): store.append(.suffix, name, line: rule.line, isException: false)
        case .below(let name): store.append(.below, name, line: rule.line, isException: false)
        case .regex, .keyword, .network: append(rule.pattern, line: rule.line, isException: false)
        }
    }

    package mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {
        guard note(treatment: treatment(of: said), line: said.line, column: 0) else { return }
        store.append(kind, name, line: said.line, isException: said.isException)
    }

    package mutating func take(_ pattern: Pattern, _ said: ListLine) {
        switch pattern {
        case .exact(let name): take(.exact, name, said)
        case .suffix(let name): take(.suffix, name, said)
        case .below(let name): take(.below, name, said)
        case .network where said.isException:
            warn(
                Problem(
                    .warning, file: file, line: said.line, column: 0,
                    "an exception for addresses is not taken: lists have them for names only"))
        case .regex, .keyword, .network:
            guard note(treatment: treatment(of: said), line: said.line, column: 0) else { return }
            append(pattern, line: said.line, isException: said.isException)
        }
    }

    package mutating func warn(_ problem: Problem) { problems.append(problem) }

    private mutating func append(_ pattern: Pattern, line: Int, isException: Bool) {
        let place = store.end
        switch pattern {
        case .exact, .suffix, .below: return
        case .regex(let source):
            store.append(pattern: patterns.regexes.count, line: line, isException: isException)
            patterns.regexes.append((place, source))
        case .keyword(let keyword):
            store.append(pattern: patterns.keywords.count, line: line, isException: isException)
            patterns.keywords.append((place, keyword))
        case .network(let network):
            store.append(pattern: patterns.networks.count, line: line, isException: isException)
            patterns.networks.append((place, network))
        }
    }

    private mutating func treatment(of said: ListLine) -> UInt32 {
        guard let via = said.via else {
            if let plain { return plain }
            let number = origins.number(of: treatment)
            plain = number
            return number
        }
        if let last, last.via == via { return last.treatment }
        var treatment = treatment
        treatment.options.via = via
        let number = origins.number(of: treatment)
        last = (via, number)
        return number
    }

    /// Says where the next rule comes from; false when there is no room for it.
    private mutating func note(treatment: UInt32, line: Int, column: Int) -> Bool {
        guard !store.isFull else {
            if problems.last?.message != Self.full { warn(Problem(.error, file: file, line: line, column: 0, Self.full)) }
            return false
        }
        origins.note(store.end, list: list, treatment: treatment, column: column)
        return true
    }

    private static let full = "rules of more than 2 GB: the rest is not taken"
}
