// SPDX-License-Identifier: MIT

/// Text that stands in bytes: its parts are ranges, and none of them becomes a String on the way.
extension Span<UInt8> {
    func isBlank(_ index: Int) -> Bool { self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t") }

    /// `range` without the white space at its ends; a carriage return is white space.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isBlank(start) || self[start] == UInt8(ascii: "\r") { start += 1 }
        while end > start, isBlank(end - 1) || self[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return start..<end
    }

    /// The first `byte` in `range`.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    /// The last `byte` in `range`.
    func last(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.upperBound
        while index > range.lowerBound {
            index -= 1
            if self[index] == byte { return index }
        }
        return nil
    }

    /// Whether `range` begins with `text`, which is ASCII; `blind`: in any case of letters, `text` being lower case.
    func starts(_ range: Range<Int>, with text: String, blind: Bool = false) -> Bool {
        let length = text.utf8.count
        guard range.count >= length else { return false }
        var offset = 0
        for byte in text.utf8 {
            let own = self[range.lowerBound + offset]
            guard own == byte || (blind && (own | 0x20) == byte && own &- 65 < 26) else { return false }
            offset += 1
        }
        return true
    }

    func equals(_ range: Range<Int>, _ text: String, blind: Bool = false) -> Bool {
        range.count == text.utf8.count && starts(range, with: text, blind: blind)
    }

    /// The next word by white space that begins in `range`, which loses it; nil when only white space is left.
    func word(of range: inout Range<Int>) -> Range<Int>? {
        var start = range.lowerBound
        while start < range.upperBound, isBlank(start) || self[start] == UInt8(ascii: "\r") { start += 1 }
        guard start < range.upperBound else { return nil }
        var end = start
        while end < range.upperBound, !isBlank(end), self[end] != UInt8(ascii: "\r") { end += 1 }
        range = end..<range.upperBound
        return start..<end
    }

    /// The part of `range` up to the next `byte`, which `range` loses with it; nil when nothing is left to take, not even an empty part.
    func part(of range: inout Range<Int>?, by byte: UInt8) -> Range<Int>? {
        guard let rest = range else { return nil }
        guard let end = first(byte, in: rest) else {
            range = nil
            return rest
        }
        range = end + 1..<rest.upperBound
        return rest.lowerBound..<end
    }

    /// `range` as text; what is no UTF-8 becomes U+FFFD.
    func string(_ range: Range<Int>) -> String { String(decoding: array(range), as: UTF8.self) }

    /// `range` as text, nil when it is not UTF-8.
    func text(_ range: Range<Int>) -> String? { String(validating: array(range), as: UTF8.self) }

    func array(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for index in range { bytes.append(self[index]) }
        return bytes
    }
}
