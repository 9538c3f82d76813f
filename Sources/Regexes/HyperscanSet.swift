// SPDX-License-Identifier: MIT
import Rules
import Synchronization

/// Regexes of rules, searched for all at once by hyperscan or vectorscan.
///
/// Perl's syntax without what needs memory of the text: no backreferences, no looking around; letters match in either case, as names do.
package final class HyperscanSet: RegexSet {
    /// The most regexes taken: to compile them takes time and memory, which lists of others must not use up.
    package static let most = 10_000
    /// Regexes in one database: the time to compile them grows with the square of their number where it is not kept small (10,000 in one took 18 s),
    /// while a search in a database takes 10 to 200 ns.
    private static let inOne = 250

    private let databases: [HyperscanDatabase]
    /// One for all threads, made when the regexes are compiled: whoever answers needs no memory for them, and hardly ever waits. Nil: no regexes.
    private let scratch: Mutex<HyperscanScratch?>

    private init(_ databases: [HyperscanDatabase]) throws(HyperscanDatabase.Failure) {
        self.databases = databases
        scratch = Mutex(databases.isEmpty ? nil : try HyperscanScratch(for: databases))
    }

    /// The set of no regex.
    private init() {
        databases = []
        scratch = Mutex(nil)
    }

    /// Compiles all sources into one set.
    package static let compile: RegexCompiler = { sources in
        var mistakes: [RegexMistake] = []
        var good: [(index: Int, source: String)] = []
        for (index, source) in sources.enumerated() {
            guard good.count < most else {
                let message = "more than \(most) regexes: \(sources.count - index) from here on are too many"
                mistakes.append(RegexMistake(index: index, offset: nil, message: message))
                break
            }
            guard !source.utf8.contains(0) else {
                mistakes.append(RegexMistake(index: index, offset: nil, message: "it has a NUL character"))
                continue
            }
            do throws(HyperscanDatabase.Failure) {
                try HyperscanDatabase.check(source)
                good.append((index, source))
            } catch {
                mistakes.append(RegexMistake(index: index, offset: error.offset, message: error.message))
            }
        }
        var databases: [HyperscanDatabase] = []
        while !good.isEmpty {
            let piece = Array(good.prefix(inOne))
            do throws(HyperscanDatabase.Failure) {
                databases.append(try HyperscanDatabase(piece))
                good.removeFirst(piece.count)
            } catch {
                // What can be read may still be too large. Where no culprit is named, all of them are.
                let culprits = (error.culprit.map { $0..<$0 + 1 } ?? piece.indices).clamped(to: piece.indices)
                mistakes += piece[culprits].map { RegexMistake(index: $0.index, offset: nil, message: error.message) }
                good.removeSubrange(culprits.isEmpty ? piece.indices : culprits)
            }
        }
        do throws(HyperscanDatabase.Failure) {
            return (try HyperscanSet(databases), mistakes)
        } catch {
            return (HyperscanSet(), sources.indices.map { RegexMistake(index: $0, offset: nil, message: error.message) })
        }
    }

    package func matches(_ text: Span<UInt8>) -> [Int] {
        let found = scratch.withLock { scratch in
            var found: [UInt32] = []
            if let scratch { for database in databases { database.search(text, with: scratch, into: &found) } }
            return found
        }
        return found.sorted().map { Int($0) }
    }
}
