// SPDX-License-Identifier: MIT

/// Values without quotes: numbers and truth values (sections "Integer", "Float", "Boolean").
extension TOMLParser {
    mutating func readBareValue() -> TOMLValue.Kind {
        let place = cursor.place
        var word = cursor.take { !" \t\n,]}#=\"'".unicodeScalars.contains($0) }
        if word.isEmpty, let scalar = cursor.next {
            word = String(scalar)
            cursor.advance()
        }
        switch word {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "inf", "+inf": return .float(.infinity)
        case "-inf": return .float(-.infinity)
        case "nan", "+nan", "-nan": return .float(.nan)
        default: break
        }
        if let kind = Self.integer(word) ?? Self.float(word) { return kind }
        if Self.looksLikeDate(word) {
            findings.error(place, "dates and times are not read; no key takes one", hint: "put it in quotes")
        } else if let first = word.unicodeScalars.first, "+-0123456789".unicodeScalars.contains(first), Self.looksLikeNumber(word) {
            findings.error(place, "\(quoted(word)) is no valid number")
        } else {
            let hint = word.unicodeScalars.allSatisfy { $0.isASCII && !$0.isControl } ? "a string needs quotes: \(quoted(word))" : nil
            findings.error(place, "expected a value, found \(quoted(word))", hint: hint)
        }
        return .invalid
    }

    /// Nil when `word` is none, has leading zeros or does not fit 64 bits.
    private static func integer(_ word: String) -> TOMLValue.Kind? {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.hasPrefix(prefix) {
            guard let digits = withoutUnderscores(word.dropFirst(2)), !"+-".contains(digits.first ?? "+") else { return nil }
            return Int(digits, radix: radix).map { .integer($0) }
        }
        let digits = word.drop { $0 == "+" || $0 == "-" }
        guard word.utf8.count - digits.utf8.count <= 1, let plain = withoutUnderscores(digits), !plain.isEmpty,
            plain.utf8.allSatisfy({ (48...57).contains($0) }), plain == "0" || !plain.hasPrefix("0")
        else { return nil }
        return Int((word.hasPrefix("-") ? "-" : "") + plain).map { .integer($0) }
    }

    private static func float(_ word: String) -> TOMLValue.Kind? {
        let unsigned = word.drop { $0 == "+" || $0 == "-" }
        guard word.utf8.count - unsigned.utf8.count <= 1 else { return nil }
        let halves = unsigned.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        let parts = halves[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 || parts.count == 2, let whole = withoutUnderscores(parts[0]), isDigits(whole),
            whole == "0" || !whole.hasPrefix("0")
        else { return nil }
        var text = whole
        if parts.count == 2 {
            guard let fraction = withoutUnderscores(parts[1]), isDigits(fraction) else { return nil }
            text += "." + fraction
        }
        if halves.count == 2 {
            let digits = halves[1].first.map { $0 == "+" || $0 == "-" } == true ? halves[1].dropFirst() : halves[1]
            guard let exponent = withoutUnderscores(digits), isDigits(exponent) else { return nil }
            text += "e" + (halves[1].hasPrefix("-") ? "-" : "") + exponent
        }
        return Double(text).map { .float(word.hasPrefix("-") ? -$0 : $0) }
    }

    private static func isDigits(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) } }

    /// Nil unless every underscore stands between two digits.
    private static func withoutUnderscores(_ text: Substring) -> String? {
        guard !text.hasPrefix("_"), !text.hasSuffix("_"), !text.contains("__") else { return nil }
        return text.filter { $0 != "_" }
    }

    private static func looksLikeNumber(_ word: String) -> Bool {
        word.utf8.allSatisfy { (48...57).contains($0) || "+-._abcdefxobABCDEF".utf8.contains($0) }
            && word.utf8.count(where: { $0 == UInt8(ascii: ".") }) <= 1
    }

    /// 2024-01-31… or 12:30…
    private static func looksLikeDate(_ word: String) -> Bool {
        let bytes = Array(word.utf8.prefix(10))
        func fits(_ shape: String) -> Bool {
            bytes.count >= shape.utf8.count && zip(bytes, shape.utf8).allSatisfy { $1 == 48 ? (48...57).contains($0) : $0 == $1 }
        }
        return fits("0000-00-00") || fits("00:00")
    }
}
