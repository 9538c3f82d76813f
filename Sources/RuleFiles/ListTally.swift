// SPDX-License-Identifier: MIT
import Rules
import Wire

/// What came of reading a list.
struct ListTally {
    /// Entries taken.
    var entries = 0
    /// Lines that say something nobody could take.
    var troubles = 0
    /// The first of them.
    var problems: [Problem] = []
    /// Entries that were left out as too broad.
    var refused = 0
    /// Names below which strangers have theirs, taken nevertheless.
    var hosting: [String] = []
    var hostingCount = 0

    /// Problems of one list that are told one by one.
    static let mostProblems = 200

    mutating func note(_ problem: Problem) {
        troubles += 1
        if problems.count < Self.mostProblems { problems.append(problem) }
    }
}

/// Stands between a list and what takes its entries: counts, and keeps out what nobody can mean.
struct ListIntake<Next: ListSink>: ListSink {
    var next: Next
    private(set) var tally = ListTally()
    private let breadth: Breadth
    private let isForced: Bool
    private let file: String

    init(_ next: Next, breadth: Breadth, isForced: Bool, file: String) {
        self.next = next
        self.breadth = breadth
        self.isForced = isForced
        self.file = file
    }

    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {
        if !isForced, !said.isException, let finding = breadth.finding(kind, name), isRefused(finding, said) { return }
        tally.entries += 1
        next.take(kind, name, said)
    }

    mutating func take(_ pattern: Pattern, _ said: ListLine) {
        if !isForced, !said.isException, let finding = breadth.finding(pattern), isRefused(finding, said) { return }
        tally.entries += 1
        next.take(pattern, said)
    }

    mutating func warn(_ problem: Problem) { tally.note(problem) }

    /// A registry's suffix is left out. A hosting company's is not, since well-kept lists of a company's names have its own in it.
    private mutating func isRefused(_ finding: Breadth.Finding, _ said: ListLine) -> Bool {
        switch finding {
        case .registry, .network:
            tally.refused += 1
            if tally.refused <= ListTally.mostProblems {
                tally.problems.append(
                    Problem(
                        .warning, file: file, line: said.line, column: 0, "left out: " + finding.text,
                        hint: "'force' at the end of the include takes it"))
            }
            return true
        case .hosting(let name):
            tally.hostingCount += 1
            if tally.hosting.count < 3 { tally.hosting.append(name) }
            return false
        }
    }
}

/// For a list that is only read to be judged.
struct NobodyTakes: ListSink {
    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {}
    mutating func take(_ pattern: Pattern, _ said: ListLine) {}
    mutating func warn(_ problem: Problem) {}
}
