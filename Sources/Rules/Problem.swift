// SPDX-License-Identifier: MIT

/// Something wrong in a text that a person wrote: what, where, and what to write instead.
package struct Problem: Error, Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable { case error, warning }

    package let severity: Severity
    /// The file as it was named to us.
    package let file: String
    /// Counted from 1; 0 when the problem concerns the file as a whole.
    package let line: Int
    /// In characters, counted from 1; 0 when the problem concerns the line as a whole.
    package let column: Int
    package let message: String
    /// What to write or type next; nil when the message says it all.
    package let hint: String?

    package init(_ severity: Severity, file: String, line: Int, column: Int, _ message: String, hint: String? = nil) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint
    }
}
