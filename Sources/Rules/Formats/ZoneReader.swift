// SPDX-License-Identifier: MIT

/// Reads a master file entry by entry (RFC 1035 section 5.1): words by white space, `;` begins a comment, `( )` join lines, `" "` hold words
/// together.
struct ZoneReader {
    /// More words are in no record that matters here.
    private static let most = 64

    /// A record or a directive, as written.
    struct Entry {
        /// Where it begins, counted from 1.
        let line: Int
        /// Whether it begins with white space: its owner is the one before.
        let isContinued: Bool
        var words: [Range<Int>] = []
        /// What keeps it from being read: quotes or parentheses that do not end.
        var mistake: String?
    }

    private var offset = 0
    private var line = 1

    /// The next entry that has any words; nil at the end.
    mutating func next(in bytes: Span<UInt8>) -> Entry? {
        while offset < bytes.count {
            let entry = entry(bytes)
            if !entry.words.isEmpty || entry.mistake != nil { return entry }
        }
        return nil
    }

    private mutating func entry(_ bytes: Span<UInt8>) -> Entry {
        var entry = Entry(line: line, isContinued: bytes.isBlank(offset))
        var depth = 0
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\n"):
                offset += 1
                line += 1
                if depth == 0 { return entry }
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): offset += 1
            case UInt8(ascii: ";"):
                while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
            case UInt8(ascii: "("):
                depth += 1
                offset += 1
            case UInt8(ascii: ")"):
                if depth == 0 { entry.mistake = "a ')' without a '('" }
                depth = max(0, depth - 1)
                offset += 1
            default:
                let word = word(bytes, &entry)
                if entry.words.count < Self.most { entry.words.append(word) }
            }
        }
        if depth > 0 { entry.mistake = "a '(' that does not end" }
        return entry
    }

    private mutating func word(_ bytes: Span<UInt8>, _ entry: inout Entry) -> Range<Int> {
        let start = offset
        let isQuoted = bytes[offset] == UInt8(ascii: "\"")
        offset += 1
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\\"): offset += offset + 1 < bytes.count && bytes[offset + 1] != UInt8(ascii: "\n") ? 2 : 1
            case UInt8(ascii: "\""):
                offset += 1
                if isQuoted { return start..<offset }
            case UInt8(ascii: "\n"):
                if isQuoted { entry.mistake = "quotes that do not end" }
                return start..<offset
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"):
                if !isQuoted { return start..<offset }
                offset += 1
            default: offset += 1
            }
        }
        return start..<min(offset, bytes.count)
    }
}
