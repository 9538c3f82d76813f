// SPDX-License-Identifier: MIT

/// A place in a JSON text (RFC 8259), read strictly and in order. Nothing is built: values are looked at or passed over.
struct JSONText {
    /// Objects and lists in one another; rule-sets need four.
    static let deepest = 64

    /// What is wrong with the text, and where.
    struct Mistake: Error {
        let offset: Int
        let message: String
    }

    var offset: Int

    init(at offset: Int = 0) { self.offset = offset }

    /// The byte that comes next, white space left out; nil at the end.
    mutating func peek(_ bytes: Span<UInt8>) -> UInt8? {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return bytes[offset]
            }
        }
        return nil
    }

    mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(Mistake) {
        guard peek(bytes) == byte else { throw unexpected(bytes, "'\(UnicodeScalar(byte))'") }
        offset += 1
    }

    /// True, and passed, if `byte` comes next.
    mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard peek(bytes) == byte else { return false }
        offset += 1
        return true
    }

    func unexpected(_ bytes: Span<UInt8>, _ wanted: String) -> Mistake {
        guard offset < bytes.count else { return Mistake(offset: offset, message: "the text ends where \(wanted) should stand") }
        return Mistake(
            offset: offset, message: "'\(ListScope.shown(bytes, offset..<offset + 1))' stands where \(wanted) should")
    }

    /// What stands between the quotes, escapes as they are written.
    mutating func rawString(_ bytes: Span<UInt8>) throws(Mistake) -> (range: Range<Int>, isEscaped: Bool) {
        try expect(UInt8(ascii: "\""), bytes)
        let start = offset
        var isEscaped = false
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return (start..<offset - 1, isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                offset += 1
                try escape(bytes)
            case 0..<0x20: throw Mistake(offset: offset, message: "a control character inside a text")
            default: offset += 1
            }
        }
        throw Mistake(offset: start - 1, message: "a text that does not end")
    }

    /// What stands behind a backslash.
    private mutating func escape(_ bytes: Span<UInt8>) throws(Mistake) {
        guard offset < bytes.count else { throw Mistake(offset: offset, message: "the text ends inside a text") }
        switch bytes[offset] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 1
        case UInt8(ascii: "u"):
            offset += 1
            for _ in 0..<4 {
                guard offset < bytes.count, Self.hex(bytes[offset]) != nil else { throw unexpected(bytes, "a hexadecimal digit") }
                offset += 1
            }
        default: throw Mistake(offset: offset - 1, message: "an unknown escape")
        }
    }

    /// Passes over a value of any kind.
    mutating func skip(_ bytes: Span<UInt8>, depth: Int = 0) throws(Mistake) {
        guard depth < Self.deepest else { throw Mistake(offset: offset, message: "values more than \(Self.deepest) deep in one another") }
        switch peek(bytes) {
        case UInt8(ascii: "\""): _ = try rawString(bytes)
        case UInt8(ascii: "{"): try object(bytes) { text, _ throws(Mistake) in try text.skip(bytes, depth: depth + 1) }
        case UInt8(ascii: "["): try list(bytes) { text throws(Mistake) in try text.skip(bytes, depth: depth + 1) }
        default: try word(bytes)
        }
    }

    /// `{ "key": value, … }`: `body` reads each value. A key that stands there twice is a mistake.
    mutating func object(_ bytes: Span<UInt8>, _ body: (inout JSONText, String) throws(Mistake) -> Void) throws(Mistake) {
        try expect(UInt8(ascii: "{"), bytes)
        if take(UInt8(ascii: "}"), bytes) { return }
        var keys: Set<String> = []
        repeat {
            _ = peek(bytes)
            let place = offset
            let key = try string(bytes)
            guard keys.insert(key).inserted else { throw Mistake(offset: place, message: "the key '\(key.prefix(60))' stands here twice") }
            try expect(UInt8(ascii: ":"), bytes)
            try body(&self, key)
        } while take(UInt8(ascii: ","), bytes)
        try expect(UInt8(ascii: "}"), bytes)
    }

    /// `[ value, … ]`: `body` reads each value.
    mutating func list(_ bytes: Span<UInt8>, _ body: (inout JSONText) throws(Mistake) -> Void) throws(Mistake) {
        try expect(UInt8(ascii: "["), bytes)
        if take(UInt8(ascii: "]"), bytes) { return }
        repeat { try body(&self) } while take(UInt8(ascii: ","), bytes)
        try expect(UInt8(ascii: "]"), bytes)
    }

    /// A number, `true`, `false` or `null`.
    @discardableResult mutating func word(_ bytes: Span<UInt8>) throws(Mistake) -> Range<Int> {
        _ = peek(bytes)
        let start = offset
        while offset < bytes.count, Self.isOfWords(bytes[offset]) { offset += 1 }
        let word = start..<offset
        if bytes.equals(word, "true") || bytes.equals(word, "false") || bytes.equals(word, "null") || Self.isNumber(bytes, word) {
            return word
        }
        offset = start
        throw unexpected(bytes, "a value")
    }

    static func hex(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 48...57: UInt32(byte) - 48
        case 65...70: UInt32(byte) - 55
        case 97...102: UInt32(byte) - 87
        default: nil
        }
    }

    private static func isOfWords(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
    }

    /// RFC 8259 section 6.
    private static func isNumber(_ bytes: Span<UInt8>, _ word: Range<Int>) -> Bool {
        var index = word.lowerBound
        func digits() -> Int {
            let start = index
            while index < word.upperBound, bytes[index] &- 48 < 10 { index += 1 }
            return index - start
        }
        if index < word.upperBound, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let first = index
        let count = digits()
        guard count > 0, count == 1 || bytes[first] != UInt8(ascii: "0") else { return false }
        if index < word.upperBound, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() > 0 else { return false }
        }
        if index < word.upperBound, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < word.upperBound, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") { index += 1 }
            guard digits() > 0 else { return false }
        }
        return index == word.upperBound
    }
}
