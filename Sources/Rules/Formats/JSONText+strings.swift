// SPDX-License-Identifier: MIT

extension JSONText {
    /// A text, its escapes read; what is no UTF-8, and half of a surrogate pair, is a mistake.
    mutating func string(_ bytes: Span<UInt8>) throws(Mistake) -> String {
        let (range, isEscaped) = try rawString(bytes)
        guard isEscaped else {
            guard let text = bytes.text(range) else { throw Mistake(offset: range.lowerBound, message: "not UTF-8 text") }
            return text
        }
        guard let text = Self.decoded(bytes, range) else {
            throw Mistake(offset: range.lowerBound, message: "not UTF-8 text, or half of a character")
        }
        return text
    }

    private static func decoded(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
        var text: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                text.append(bytes[index])
                index += 1
                continue
            }
            // That the escape is whole was seen when the text was read.
            switch bytes[index + 1] {
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "r"): text.append(13)
            case UInt8(ascii: "t"): text.append(9)
            case UInt8(ascii: "u"):
                guard let (scalar, length) = scalar(bytes, index, range.upperBound) else { return nil }
                text += Array(String(Character(scalar)).utf8)
                index += length
                continue
            case let other: text.append(other)
            }
            index += 2
        }
        return String(validating: text, as: UTF8.self)
    }

    /// The character that a `\u` and four hexadecimal digits name, or two of them that are a surrogate pair, and how long it is written.
    private static func scalar(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) -> (UnicodeScalar, Int)? {
        func unit(_ start: Int) -> UInt32? {
            guard start + 6 <= end, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") else { return nil }
            var value: UInt32 = 0
            for offset in start + 2..<start + 6 { value = value << 4 | (hex(bytes[offset]) ?? 0) }
            return value
        }
        guard let first = unit(index) else { return nil }
        if let scalar = UnicodeScalar(first) { return (scalar, 6) }
        guard (0xD800..<0xDC00).contains(first), let second = unit(index + 6), (0xDC00..<0xE000).contains(second) else { return nil }
        return UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)).map { ($0, 12) }
    }
}
