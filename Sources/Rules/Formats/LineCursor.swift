// SPDX-License-Identifier: MIT

/// Goes through a text line by line.
struct LineCursor {
    private var offset: Int
    /// Of the line that `next` gave last, counted from 1.
    private(set) var number = 0

    init(at offset: Int = 0) { self.offset = offset }

    /// The next line without the white space around it, and without a carriage return; nil at the end.
    mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
        guard let line = rawNext(in: bytes) else { return nil }
        return bytes.trimmed(line)
    }

    /// The next line with the white space that it begins with.
    mutating func rawNext(in bytes: Span<UInt8>) -> Range<Int>? {
        guard offset < bytes.count else { return nil }
        let start = offset
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        offset = end + 1
        number += 1
        return start..<end
    }
}
