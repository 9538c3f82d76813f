// SPDX-License-Identifier: MIT

/// Tells lines of offsets that are asked for in ascending order, or nearly.
struct LineCounter {
    private var offset = 0
    private var line = 1

    mutating func line(_ bytes: Span<UInt8>, _ place: Int) -> Int {
        if place < offset {
            offset = 0
            line = 1
        }
        while offset < place, offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "\n") { line += 1 }
            offset += 1
        }
        return line
    }

    /// Line and column, in characters, of a place.
    static func place(_ bytes: Span<UInt8>, _ place: Int) -> (line: Int, column: Int) {
        var counter = LineCounter()
        let line = counter.line(bytes, place)
        var column = 1
        var index = min(place, bytes.count)
        while index > 0, bytes[index - 1] != UInt8(ascii: "\n") {
            index -= 1
            // Bytes that continue a character are none of their own (RFC 3629 section 3).
            if bytes[index] & 0xC0 != 0x80 { column += 1 }
        }
        return (line, column)
    }
}
