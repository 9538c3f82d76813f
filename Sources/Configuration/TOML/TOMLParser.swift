// SPDX-License-Identifier: MIT

/// Reads the lines of a TOML file into nodes. Section numbers are those of toml.io/en/v1.0.0.
struct TOMLParser {
    static let nesting = 16
    static let keyParts = 8

    var cursor: TextCursor
    var findings: Findings
    let root = TOMLNode(.header, at: Place(line: 1, column: 1))
    /// The table that the last header opened.
    private var current: TOMLNode
    /// A list inside the value at hand was never closed or is nested too deep: what stands around it ends without a word of its own.
    var isAbandoned = false

    init(_ text: SourceText, findings: Findings) {
        cursor = TextCursor(text)
        self.findings = findings
        current = root
    }

    mutating func readDocument() {
        while cursor.next != nil { readLine() }
    }

    private mutating func readLine() {
        isAbandoned = false
        cursor.skipSpace()
        let isSound =
            switch cursor.next {
            case nil, "\n", "#": true
            case "[": readHeader()
            default: readAssignment(into: current)
            }
        if isSound {
            cursor.skipSpace()
            skipComment()
            if let scalar = cursor.next, scalar != "\n" {
                findings.error(cursor.place, "expected the end of the line, found \(quoted(String(scalar)))")
            }
        }
        cursor.skipLine()
        cursor.advance()
    }

    /// `[a.b]` or `[[a.b]]`. False when the rest of the line makes no sense.
    private mutating func readHeader() -> Bool {
        let place = cursor.place
        cursor.advance()
        let asList = cursor.take("[")
        guard let path = readKey() else {
            // Keys below a header that cannot be read belong nowhere.
            current = TOMLNode(.header, at: place)
            return false
        }
        current = root.open(path, asList: asList, at: place, findings: &findings) ?? TOMLNode(.header, at: place)
        let isClosed = cursor.take("]") && (!asList || cursor.take("]"))
        if !isClosed {
            let name = path.map(\.name).joined(separator: ".")
            findings.error(
                place, "the header of table \(quoted(name)) is not closed", hint: asList ? "write [[\(name)]]" : "write [\(name)]")
        }
        return isClosed
    }

    /// `key = value`. False when the rest of the line makes no sense.
    mutating func readAssignment(into table: TOMLNode, depth: Int = 0) -> Bool {
        guard let path = readKey(), let key = path.last else { return false }
        // The key is entered even without a readable value: it has been seen, and is not to be reported as missing.
        let holder = table.descend(path.dropLast(), findings: &findings)
        var value = TOMLValue(kind: .invalid, place: cursor.place)
        if cursor.take("=") {
            cursor.skipSpace()
            value = readValue(depth: depth)
        } else {
            let hint = cursor.next == ":" ? "TOML writes key = value" : nil
            findings.error(cursor.place, "expected \"=\" after the key \(quoted(key.name))", hint: hint)
        }
        holder?.set(key, to: value, findings: &findings)
        return value.kind != .invalid
    }

    mutating func skipComment() {
        guard cursor.next == "#" else { return }
        var isReported = false
        while let scalar = cursor.next, scalar != "\n" {
            if scalar.isControl, !isReported {
                findings.error(cursor.place, "a control character in a comment")
                isReported = true
            }
            cursor.advance()
        }
    }
}

extension Unicode.Scalar {
    /// What TOML allows neither in comments nor in strings (tab and line end are other matters).
    var isControl: Bool { value < 32 && value != 9 && value != 10 || value == 127 }
}
