// SPDX-License-Identifier: MIT
import Rules
import Wire

/// What came of reading a list.
struct ListTally {
    /// Entries taken, without the exceptions that a list makes from itself.
    var entries = 0
    var exceptions = 0
    /// What the format has to say: few of each kind, an error when this is no list or not all of it.
    var problems: [Problem] = []
    /// Entries that were left out as too broad.
    var refused = 0
    /// Names below which strangers have theirs, taken nevertheless.
    var hosting: [String] = []
    var hostingCount = 0

    /// Entries left out that are told one by one.
    static let mostRefused = 100
}

/// Stands between a list and what takes its entries: counts, and keeps out what nobody can mean.
struct ListIntake<Next: ListSink>: ListSink {
    var next: Next
    private(set) var tally = ListTally()
    private let breadth: Breadth
    private let isForced: Bool
    private var file: String
    /// What the configuration has against a server that a line names, and the line.
    private let objections: (ServerAddress, Int) -> [Problem]
    /// Servers that lines named, and whether they may be asked.
    private var servers: [ServerAddress: Bool] = [:]

    init(
        _ next: Next, breadth: Breadth, isForced: Bool, file: String,
        objections: @escaping (ServerAddress, Int) -> [Problem] = { _, _ in [] }
    ) {
        self.next = next
        self.breadth = breadth
        self.isForced = isForced
        self.file = file
        self.objections = objections
    }

    mutating func begin(file: String) {
        self.file = file
        next.begin(file: file)
    }

    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {
        if !isForced, let finding = breadth.finding(kind, name), isRefused(finding, said) { return }
        if said.isException { tally.exceptions += 1 } else { tally.entries += 1 }
        if case nil = said.via { next.take(kind, name, said) } else { next.take(kind, name, allowed(said)) }
    }

    mutating func take(_ pattern: Pattern, _ said: ListLine) {
        if !isForced, let finding = breadth.finding(pattern), isRefused(finding, said) { return }
        if said.isException { tally.exceptions += 1 } else { tally.entries += 1 }
        if case nil = said.via { next.take(pattern, said) } else { next.take(pattern, allowed(said)) }
    }

    /// Without a server that must not be asked: the name keeps its way, and the way has servers of its own.
    private mutating func allowed(_ said: ListLine) -> ListLine {
        guard let via = said.via else { return said }
        if servers[via] == nil {
            let found = objections(via, said.line)
            servers[via] = !found.contains { $0.severity == .error }
            for problem in found { tally.problems.append(problem.asWarning) }
        }
        var said = said
        if servers[via] == false { said.via = nil }
        return said
    }

    mutating func warn(_ problem: Problem) { tally.problems.append(problem) }

    /// A registry's suffix is left out. A hosting company's is not, since well-kept lists of a company's names have its own in it.
    private mutating func isRefused(_ finding: Breadth.Finding, _ said: ListLine) -> Bool {
        switch finding {
        case .registry, .network, .everything:
            tally.refused += 1
            if tally.refused <= ListTally.mostRefused {
                tally.problems.append(
                    Problem(
                        .warning, file: file, line: said.line, column: 0, "left out: " + finding.text,
                        hint: "'force' at the end of the include takes it"))
            }
            return true
        case .hosting where said.isException: return false
        case .hosting(let name):
            tally.hostingCount += 1
            if tally.hosting.count < 3 { tally.hosting.append(name) }
            return false
        }
    }
}

/// For a list that is only read to be judged.
struct NobodyTakes: ListSink {
    mutating func begin(file: String) {}
    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {}
    mutating func take(_ pattern: Pattern, _ said: ListLine) {}
    mutating func warn(_ problem: Problem) {}
}
