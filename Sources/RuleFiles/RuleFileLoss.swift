// SPDX-License-Identifier: MIT

/// A rule file that is gone, or has lost nearly all of its lines: what a writer that broke off leaves, and what opens everything.
package struct RuleFileLoss: Hashable, Sendable {
    package let file: String
    /// Rules and includes.
    package let before: Int
    /// Nil: the file is not there, or nothing names it any more.
    package let now: Int?

    package init(file: String, before: Int, now: Int?) {
        self.file = file
        self.before = before
        self.now = now
    }

    /// From so many on, a tenth that is left is a loss; of fewer, nothing is.
    package static let many = 10

    package var text: String {
        let had = before == 1 ? "1 line of rules" : "\(before) lines of rules"
        return switch now {
        case nil: "it is gone, with \(had)"
        case 0?: "it had \(had), and has none now"
        case let now?: "it had \(had), and has \(now) now"
        }
    }
}

extension RuleBook {
    /// Rule files of `former` that have lost nearly all they had.
    package func losses(after former: RuleBook) -> [RuleFileLoss] {
        former.files.compactMap { file in
            let (before, now) = (former.sizes[file] ?? 0, sizes[file])
            let left = now ?? 0
            guard before > 0, left == 0 || before >= RuleFileLoss.many && left * 10 <= before else { return nil }
            return RuleFileLoss(file: file, before: before, now: now)
        }
    }
}
