// SPDX-License-Identifier: MIT
import Rules

/// A table of a TOML file: its keys in the order of the file.
package struct TOMLTable: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let key: TOMLKey
        package let value: TOMLValue
    }

    /// The `[` of its header, the `{` of an inline table, or the first key that implied it.
    package let place: Place
    package let entries: [Entry]

    package subscript(key: String) -> Entry? { entries.first { $0.key.name == key } }

    /// Reads TOML 1.0 without dates.
    ///
    /// After an error it goes on with the next line or list element, so that one reading finds them all. What was readable is in the table.
    /// Lists and tables may nest 16 deep, a dotted key may have 8 parts, and the file 1 MiB.
    package static func read(_ bytes: [UInt8], file: String) -> (table: TOMLTable, problems: [Problem]) {
        var findings = Findings(file: file)
        let table = read(bytes, findings: &findings)
        return (table, findings.sorted)
    }

    static func read(_ bytes: [UInt8], findings: inout Findings) -> TOMLTable {
        let text = SourceText(bytes, findings: &findings)
        var parser = TOMLParser(text, findings: findings)
        parser.readDocument()
        findings = parser.findings
        return parser.root.frozen
    }
}

/// A key, or one part of a dotted key, and where it stands.
package struct TOMLKey: Hashable, Sendable {
    package let name: String
    package let place: Place
}
