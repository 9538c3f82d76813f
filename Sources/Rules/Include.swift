// SPDX-License-Identifier: MIT

/// A line of a rule file that stands for all lines of a list: `ACTION[:TUNNEL] include KIND FILE [exact] [signed KEY] [force]`, and the options of
/// rules.
package struct Include: Hashable, Sendable {
    /// What all that the list names is treated by; a format never decides that.
    package let treatment: Treatment
    package let kind: ListKind
    /// As written. A relative one counts from the folder of the rule file.
    package let file: String
    /// The file to open: `file` without the attributes that follow the name of a geosite list.
    package let path: String
    /// What lines of a geosite list must be marked with: `data/google@cn@-ads`.
    package let attributes: [ListAttribute]
    /// Whether the names of a plain list are meant without what is below them.
    package let isExact: Bool
    /// The minisign key that must have signed the list; nil: none.
    package let key: String?
    /// Kept even if it looks broken, or too broad.
    package let isForced: Bool
    package let place: Place

    /// Where the line names its file, in a rule file.
    package struct Place: Hashable, Sendable {
        package let file: String
        /// Counted from 1.
        package let line: Int
        /// In characters, counted from 1.
        package let column: Int

        package init(file: String, line: Int, column: Int) {
            self.file = file
            self.line = line
            self.column = column
        }
    }

    /// A problem of the list as a whole, said at the line that includes it.
    package func problem(_ severity: Problem.Severity, _ message: String, hint: String? = nil) -> Problem {
        Problem(severity, file: place.file, line: place.line, column: place.column, message, hint: hint)
    }
}

/// What a line of a rule file is.
package enum RuleFileItem: Hashable, Sendable {
    case rule(Rule)
    case include(Include)
}

extension ListReader {
    /// A reader of what `include` names. The parameters are those of the other initializer.
    package init(
        _ include: Include, idna: @escaping @Sendable (String) -> String?, open: @escaping @Sendable (String) -> [UInt8]? = { _ in nil },
        beside: @escaping @Sendable () -> [String] = { [] }
    ) {
        self.init(
            include.kind, file: include.path, action: include.treatment.action, isExact: include.isExact, attributes: include.attributes,
            idna: idna, open: open, beside: beside)
    }
}
