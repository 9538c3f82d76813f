// SPDX-License-Identifier: MIT

/// A line of the filter language, in its parts: `[@@]PATTERN[$MODIFIER,…]`.
struct AdguardRule {
    let isException: Bool
    let isImportant: Bool
    /// Without `@@`, slashes of a regex, and modifiers.
    let pattern: Range<Int>
    let isRegex: Bool
    /// The first modifier that we cannot do.
    let stranger: Range<Int>?

    /// Nil when there is nothing of the filter language in the line.
    init?(_ bytes: Span<UInt8>, _ line: Range<Int>) {
        var rest = line
        isException = bytes.starts(rest, with: "@@")
        if isException { rest = rest.lowerBound + 2..<rest.upperBound }
        var isSpecial = isException
        var modifiers: Range<Int>?
        if bytes.starts(rest, with: "/"), let end = Self.endOfRegex(bytes, rest) {
            isRegex = true
            pattern = rest.lowerBound + 1..<end
            isSpecial = true
            if end + 1 < rest.upperBound { modifiers = end + 2..<rest.upperBound }
        } else {
            isRegex = false
            if let dollar = bytes.last(UInt8(ascii: "$"), in: rest) {
                modifiers = dollar + 1..<rest.upperBound
                rest = rest.lowerBound..<dollar
                isSpecial = true
            }
            pattern = bytes.trimmed(rest)
            for index in pattern {
                switch bytes[index] {
                case UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "*"): isSpecial = true
                case UInt8(ascii: "."), UInt8(ascii: "-"): isSpecial = isSpecial || index == pattern.lowerBound
                default: break
                }
            }
        }
        guard isSpecial, bytes[line.lowerBound] != UInt8(ascii: "[") else { return nil }
        var isImportant = false
        var stranger: Range<Int>?
        while let modifier = bytes.part(of: &modifiers, by: UInt8(ascii: ",")) {
            let modifier = bytes.trimmed(modifier)
            if bytes.equals(modifier, "important") {
                isImportant = true
            } else if stranger == nil {
                stranger = modifier
            }
        }
        self.isImportant = isImportant
        self.stranger = stranger
    }

    /// The slash that ends a regex: the last one that ends the line or stands before `$`.
    private static func endOfRegex(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var index = range.upperBound - 1
        while index > range.lowerBound {
            if bytes[index] == UInt8(ascii: "/"), index + 1 == range.upperBound || bytes[index + 1] == UInt8(ascii: "$") { return index }
            index -= 1
        }
        return nil
    }
}
