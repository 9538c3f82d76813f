// SPDX-License-Identifier: MIT
import Glibc

/// One thing that a load asks for again and again, and the times in which it got none of it.
struct Service {
    let name: String
    /// Gaps up to this long are no gaps, in milliseconds.
    let tolerance: Int
    private var outcomes: [(word: String, count: Int)] = []
    private var lastSuccess: Int
    private(set) var longest = 0

    init(_ name: String, tolerance: Int, at now: Int) {
        self.name = name
        self.tolerance = tolerance
        lastSuccess = now
    }

    mutating func count(_ word: String) {
        if let index = outcomes.firstIndex(where: { $0.word == word }) { outcomes[index].count += 1 } else { outcomes.append((word, 1)) }
    }

    mutating func success(_ word: String, at now: Int) {
        count(word)
        if now - lastSuccess > tolerance { report(until: now, "") }
        longest = max(longest, now - lastSuccess)
        lastSuccess = now
    }

    /// A gap that lasts is a gap too.
    mutating func end(at now: Int) {
        longest = max(longest, now - lastSuccess)
        if now - lastSuccess > tolerance { report(until: now, " open") }
        let words = outcomes.map { "\($0.word) \($0.count)" }.joined(separator: ", ")
        print("total \(name): \(words.isEmpty ? "nothing" : words); longest gap \(longest) ms")
    }

    /// Times as `date +%s%3N` writes them.
    private func report(until now: Int, _ more: String) {
        print("gap \(name) \(lastSuccess) \(now) \(now - lastSuccess)\(more)")
        fflush(nil)
    }
}
