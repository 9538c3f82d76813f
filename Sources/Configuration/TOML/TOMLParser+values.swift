// SPDX-License-Identifier: MIT

/// Values: what kind begins here, lists and inline tables.
extension TOMLParser {
    /// Reads one value. An error is reported, its text skipped, and the kind is `invalid`.
    mutating func readValue(depth: Int) -> TOMLValue {
        let place = cursor.place
        let kind: TOMLValue.Kind
        switch cursor.next {
        case "\"", "'": kind = readString()
        case "[", "{":
            guard depth < Self.nesting else {
                findings.error(place, "lists and tables nested deeper than \(Self.nesting)")
                isAbandoned = true
                cursor.skipLine()
                return TOMLValue(kind: .invalid, place: place)
            }
            kind = cursor.next == "[" ? readList(depth: depth) : readInlineTable(depth: depth)
        case nil, "\n", "#":
            findings.error(place, "a value is missing")
            kind = .invalid
        default: kind = readBareValue()
        }
        return TOMLValue(kind: kind, place: place)
    }

    /// `[1, 2]`, over several lines if wanted.
    private mutating func readList(depth: Int) -> TOMLValue.Kind {
        let open = cursor.place
        cursor.advance()
        var values: [TOMLValue] = []
        var needsComma = false
        var isSound = true
        while true {
            guard skipBlankInList(), let next = cursor.next else {
                if !isAbandoned { findings.error(open, "this list is not closed", hint: "end it with \"]\"") }
                isAbandoned = true
                return .invalid
            }
            if next == "]" {
                cursor.advance()
                return isSound ? .array(values) : .invalid
            }
            if next == "," {
                if !needsComma, isSound {
                    findings.error(cursor.place, "a list element is missing before this comma")
                    isSound = false
                }
                needsComma = false
                cursor.advance()
                continue
            }
            if needsComma, isSound {
                findings.error(cursor.place, "expected \",\" or \"]\" in the list, found \(quoted(String(next)))")
                isSound = false
            }
            let value = readValue(depth: depth + 1)
            if isAbandoned { return .invalid }
            if value.kind == .invalid {
                isSound = false
                _ = cursor.take { $0 != "," && $0 != "]" && $0 != "\n" }
            }
            values.append(value)
            needsComma = true
        }
    }

    /// Space, line ends and comments. False, at the end of the line before, when a new statement begins.
    private mutating func skipBlankInList() -> Bool {
        while true {
            cursor.skipSpace()
            skipComment()
            guard cursor.next == "\n" else { return true }
            let before = cursor
            cursor.advance()
            cursor.skipSpace()
            if standsAtStatement {
                cursor = before
                return false
            }
        }
    }

    /// `{ a = 1, b.c = 2 }`, in one line.
    private mutating func readInlineTable(depth: Int) -> TOMLValue.Kind {
        let open = cursor.place
        cursor.advance()
        let node = TOMLNode(.dotted, at: open)
        cursor.skipSpace()
        if cursor.take("}") { return .table(node.frozen) }
        while true {
            guard readAssignment(into: node, depth: depth + 1) else {
                // What follows in the line cannot be told apart any more.
                isAbandoned = true
                cursor.skipLine()
                return .invalid
            }
            cursor.skipSpace()
            if cursor.take("}") { return .table(node.frozen) }
            guard cursor.take(",") else {
                findings.error(open, "this inline table is not closed", hint: "end it with \"}\" in the same line")
                isAbandoned = true
                cursor.skipLine()
                return .invalid
            }
        }
    }
}
