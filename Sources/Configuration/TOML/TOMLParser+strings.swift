// SPDX-License-Identifier: MIT

/// Strings: basic, literal, and both over several lines (section "String").
extension TOMLParser {
    mutating func readString() -> TOMLValue.Kind {
        guard let quote = cursor.next else { return .invalid }
        let long = String(repeating: String(quote), count: 3)
        guard cursor.stands(at: long) else { return readShortString(quote) }
        return readLongString(quote, end: long)
    }

    private mutating func readShortString(_ quote: Unicode.Scalar) -> TOMLValue.Kind {
        let open = cursor.place
        cursor.advance()
        var text = String.UnicodeScalarView()
        var isSound = true
        while let scalar = cursor.next, scalar != "\n" {
            if scalar == quote {
                cursor.advance()
                return isSound ? .string(String(text)) : .invalid
            }
            if !append(scalar, of: quote, to: &text) { isSound = false }
        }
        findings.error(open, "this string is not closed", hint: "end it with \(quote) in the same line")
        return .invalid
    }

    private mutating func readLongString(_ quote: Unicode.Scalar, end: String) -> TOMLValue.Kind {
        let open = cursor.place
        cursor.advance(by: 3)
        let start = cursor
        let known = findings
        var text = String.UnicodeScalarView()
        var isSound = true
        _ = cursor.take("\n")
        while let scalar = cursor.next {
            if cursor.stands(at: end) {
                cursor.advance(by: 3)
                // Up to two more belong to the text: """a""" may end in five.
                for _ in 0..<2 where cursor.take(quote) { text.append(quote) }
                return isSound ? .string(String(text)) : .invalid
            }
            if scalar == "\n" {
                text.append(scalar)
                cursor.advance()
            } else if scalar == "\\", quote == "\"", skipLineContinuation() {
                continue
            } else if !append(scalar, of: quote, to: &text) {
                isSound = false
            }
        }
        // The rest of the file is no string: read it again, line by line.
        cursor = start
        findings = known
        findings.error(open, "this string of several lines is not closed", hint: "end it with \(end)")
        return .invalid
    }

    /// One character of the text, or one escape of a basic string. False, and reported, when it is not allowed.
    private mutating func append(_ scalar: Unicode.Scalar, of quote: Unicode.Scalar, to text: inout String.UnicodeScalarView) -> Bool {
        if scalar == "\\", quote == "\"" {
            guard let escaped = readEscape() else { return false }
            text.append(escaped)
            return true
        }
        if scalar.isControl {
            findings.error(cursor.place, "a control character in a string", hint: "write it as \\u\(fourDigits(scalar))")
            cursor.advance()
            return false
        }
        text.append(scalar)
        cursor.advance()
        return true
    }

    private mutating func readEscape() -> Unicode.Scalar? {
        let place = cursor.place
        cursor.advance()
        guard let letter = cursor.next, letter != "\n" else {
            findings.error(place, "a backslash with nothing behind it")
            return nil
        }
        cursor.advance()
        switch letter {
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "\"", "\\": return letter
        case "u", "U":
            var value: UInt32 = 0
            for _ in 0..<(letter == "u" ? 4 : 8) {
                guard let scalar = cursor.next, scalar.isASCII, let digit = Character(scalar).hexDigitValue, value <= .max >> 4 else {
                    findings.error(place, "\\u needs four, \\U eight hexadecimal digits")
                    return nil
                }
                value = value << 4 | UInt32(digit)
                cursor.advance()
            }
            guard let scalar = Unicode.Scalar(value) else {
                findings.error(place, "no character has the number \(String(value, radix: 16))")
                return nil
            }
            return scalar
        default:
            findings.error(place, "unknown escape \\\(letter)", hint: "write \\\\ for a backslash, or put the string in single quotes")
            return nil
        }
    }

    /// A backslash at the line end swallows all white space up to the next character.
    private mutating func skipLineContinuation() -> Bool {
        var offset = 1
        while let scalar = cursor.ahead(offset), scalar == " " || scalar == "\t" { offset += 1 }
        guard cursor.ahead(offset) == "\n" else { return false }
        cursor.advance(by: offset)
        while let scalar = cursor.next, scalar == " " || scalar == "\t" || scalar == "\n" { cursor.advance() }
        return true
    }

    private func fourDigits(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
