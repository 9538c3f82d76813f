// SPDX-License-Identifier: MIT

/// Where something stands in a text.
package struct Place: Hashable, Sendable, Comparable {
    /// Counted from 1; 0 when the text as a whole is meant.
    package let line: Int
    /// In characters (Unicode scalars, so that a combining accent counts by itself), counted from 1; 0 when the line as a whole is meant.
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The text as a whole.
    package static let whole = Place(line: 0, column: 0)

    package static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
