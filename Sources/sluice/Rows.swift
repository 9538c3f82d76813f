// SPDX-License-Identifier: MIT

/// Lines of a word and what it says, wrapped at 80 columns, or fewer where the terminal has no more.
struct Rows {
    private(set) var lines: [String] = []
    private static let indent = 10
    static var width: Int { Console.columns }

    /// The same word again is left out.
    private var last = ""

    /// - Parameter always: the word stands there again.
    mutating func add(_ word: String, _ text: String, always: Bool = false) {
        let head = "  " + (word == last && !always ? String(repeating: " ", count: Self.indent) : Console.pad(word, Self.indent))
        last = word
        let room = Self.width - head.count
        var line = ""
        var isFirst = true
        func flushed(_ lines: inout [String]) {
            lines.append(((isFirst ? head : String(repeating: " ", count: head.count)) + line).trimmed)
        }
        for part in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + part.count > room {
                flushed(&lines)
                isFirst = false
                line = String(part)
            } else {
                line += (line.isEmpty ? "" : " ") + part
            }
        }
        flushed(&lines)
    }
}
