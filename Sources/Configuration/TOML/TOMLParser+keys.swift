// SPDX-License-Identifier: MIT

/// Keys, section "Keys".
extension TOMLParser {
    /// Reads `a`, `"a b"` or `a.b.c` and the space behind it. Nil, and reported, when there is none.
    mutating func readKey() -> [TOMLKey]? {
        let start = cursor.place
        var path: [TOMLKey] = []
        repeat {
            cursor.skipSpace()
            let place = cursor.place
            guard let name = readKeyPart() else { return nil }
            path.append(TOMLKey(name: name, place: place))
            cursor.skipSpace()
        } while cursor.take(".")
        guard path.count <= Self.keyParts else {
            findings.error(start, "a key of \(path.count) parts; at most \(Self.keyParts) are read")
            return nil
        }
        return path
    }

    private mutating func readKeyPart() -> String? {
        switch cursor.next {
        case "\"", "'":
            let place = cursor.place
            guard !cursor.stands(at: "\"\"\""), !cursor.stands(at: "'''") else {
                findings.error(place, "a key cannot be a string of several lines")
                return nil
            }
            guard case .string(let name) = readString() else { return nil }
            return name
        case let next:
            let name = cursor.take(while: \.isBareKey)
            guard name.isEmpty else { return name }
            let found = next.map { $0 == "\n" ? "the end of the line" : quoted(String($0)) } ?? "the end of the file"
            let isLetter = next?.properties.isAlphabetic == true
            findings.error(
                cursor.place, "expected a key, found \(found)", hint: isLetter ? "put a key of such characters in quotes" : nil)
            return nil
        }
    }

    /// Whether a header or a `key =` begins here: then a list that is still open was meant to end before.
    var standsAtStatement: Bool {
        var offset = 0
        while cursor.ahead(offset) == "[", offset < 2 { offset += 1 }
        let isHeader = offset > 0
        var word = ""
        while let scalar = cursor.ahead(offset), scalar.isBareKey || scalar == "." {
            if word.utf8.count < 6 { word.unicodeScalars.append(scalar) }
            offset += 1
        }
        // A list in the list may stand alone in its line too: [1], [true].
        guard let first = word.unicodeScalars.first, !isHeader || first.properties.isAlphabetic,
            !["true", "false", "inf", "nan"].contains(word)
        else { return false }
        while let scalar = cursor.ahead(offset), scalar == " " || scalar == "\t" { offset += 1 }
        return cursor.ahead(offset) == (isHeader ? "]" : "=")
    }
}

extension Unicode.Scalar {
    var isBareKey: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }
}
