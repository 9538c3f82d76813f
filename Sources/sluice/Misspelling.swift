// SPDX-License-Identifier: MIT
import ArgumentParser

/// A verb that there is not, and the one that was probably meant.
enum Misspelling {
    /// What to say of a first argument; nil: it is a verb, or not meant as one.
    static func text(of argument: String, in verbs: [any ParsableCommand.Type]) -> String? {
        guard !argument.isEmpty, argument.utf8.count <= 64, !argument.hasPrefix("-"), argument != "help" else { return nil }
        let names = verbs.compactMap { $0.configuration.commandName }
        // Those without a name of their own are named after their type: only what has a near one is ours to answer.
        guard !names.contains(argument) else { return nil }
        let near = names.map { ($0, distance(argument, $0)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= 2 else { return nil }
        return "'\(argument)' is no command; did you mean '\(near.0)'?"
    }

    /// How many characters are added, taken away, changed or swapped with the next.
    private static func distance(_ from: String, _ to: String) -> Int {
        let (left, right) = (Array(from), Array(to))
        var rows = [Array(0...right.count)]
        for row in left.indices {
            var next = [row + 1]
            for column in right.indices {
                var best = min(rows[row][column + 1], next[column]) + 1
                best = min(best, rows[row][column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, rows[row - 1][column - 1] + 1)
                }
                next.append(best)
            }
            rows.append(next)
        }
        return rows[left.count][right.count]
    }
}
