// SPDX-License-Identifier: MIT
import Rules

/// All rules of a machine: those of its rule files, and the lists that these include, each at its place in the order.
package struct RuleBook: Sendable {
    package let matcher: Matcher
    /// The rule files, in order.
    package let files: [String]
    /// Of each rule file, how many rules and includes it has.
    let sizes: [String: Int]
    /// The lists, in order.
    package let lists: [List]
    package let problems: [Problem]
    /// Every file that was looked at, as it was then; nil for one that was not there.
    package let seen: [String: FileStamp?]
    let shelf: ListShelf?
    let staged: [String]
    let used: Set<String>

    package struct List: Hashable, Sendable {
        package let file: String
        package let kind: String
        /// The rule file and line that include it.
        package let place: String
        package let entries: Int
        package let isSigned: Bool
        /// Why the one on disk was not taken, and the last good one is in force; nil: it is the one on disk.
        package let kept: String?
    }

    package static let empty = RuleBook(
        matcher: .empty, files: [], sizes: [:], lists: [], problems: [], seen: [:], shelf: nil, staged: [], used: [])

    /// Remembers the lists as good ones, for the day on which they are broken. Call it when the book is in force; the bytes are not needed any more.
    /// Errors: as of the disk; what was remembered before stays.
    package func commit() throws(ListShelf.Trouble) { try shelf?.commit(staged, used: used) }
}
