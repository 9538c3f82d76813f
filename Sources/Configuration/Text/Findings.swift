// SPDX-License-Identifier: MIT
import Rules

/// The problems found in one file so far.
struct Findings {
    /// So many are kept, and one more that says so: a file of garbage must not fill the memory or the screen.
    static let limit = 1000

    let file: String
    private(set) var problems: [Problem] = []

    init(file: String) { self.file = file }

    /// Nothing more is kept: who would have to work for a message may stop.
    var isFull: Bool { problems.count > Self.limit }

    mutating func error(_ place: Place, _ message: String, hint: String? = nil) {
        add(Problem(.error, file: file, line: place.line, column: place.column, message, hint: hint))
    }

    mutating func warning(_ place: Place, _ message: String, hint: String? = nil) {
        add(Problem(.warning, file: file, line: place.line, column: place.column, message, hint: hint))
    }

    /// In the order of the file; problems of one place in the order they were found.
    var sorted: [Problem] {
        problems.enumerated().sorted { left, right in
            (left.element.line, left.element.column, left.offset) < (right.element.line, right.element.column, right.offset)
        }.map(\.element)
    }

    private mutating func add(_ problem: Problem) {
        if problems.count < Self.limit {
            problems.append(problem)
        } else if problems.count == Self.limit {
            problems.append(Problem(.error, file: file, line: 0, column: 0, "more than \(Self.limit) problems: the rest is left out"))
        }
    }
}
