// SPDX-License-Identifier: MIT

extension Name: CustomStringConvertible {
    /// Reads presentation form (RFC 1035 section 5.1): labels by dots, `\.` and `\DDD` escapes, a final dot allowed. Nil when malformed.
    package init?(_ text: some StringProtocol) {
        self.init()
        let bytes = Array(text.utf8)
        if bytes == [UInt8(ascii: ".")] { return }
        guard !bytes.isEmpty else { return nil }
        var label: [UInt8] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "."):
                guard close(&label) else { return nil }
                index += 1
            case UInt8(ascii: "\\"):
                guard let (byte, length) = Self.escape(bytes[(index + 1)...]) else { return nil }
                label.append(byte)
                index += 1 + length
            case let byte:
                label.append(byte)
                index += 1
            }
        }
        guard label.isEmpty ? !isRoot : close(&label) else { return nil }
    }

    /// Presentation form without the final dot; `.` for the root. Bytes that would change its meaning, or a terminal's state, are escaped.
    package var description: String { String(decoding: text, as: UTF8.self) }

    /// The same as ASCII bytes.
    package var text: [UInt8] { written(numbersDots: false) }

    /// What words and expressions are looked for in: a dot inside a label is written as `\046`, so that every dot ends a label.
    package var searchedText: [UInt8] { written(numbersDots: true) }

    private func written(numbersDots: Bool) -> [UInt8] {
        guard !isRoot else { return [UInt8(ascii: ".")] }
        var text: [UInt8] = []
        text.reserveCapacity(count)
        var bytes = bytes
        var offset = 0
        while bytes.byte(at: offset) != 0 {
            let length = Int(bytes.byte(at: offset))
            if offset > 0 { text.append(UInt8(ascii: ".")) }
            for index in offset + 1...offset + length {
                let byte = bytes.byte(at: index)
                if numbersDots, byte == UInt8(ascii: ".") { text += Array("\\046".utf8) } else { Self.escape(byte, into: &text) }
            }
            offset += length + 1
        }
        return text
    }

    private mutating func close(_ label: inout [UInt8]) -> Bool {
        let closed = label
        label.removeAll(keepingCapacity: true)
        return append(label: closed.count) { closed[$0] }
    }

    private static func escape(_ rest: ArraySlice<UInt8>) -> (UInt8, Int)? {
        guard let first = rest.first else { return nil }
        guard (48...57).contains(first) else { return (first, 1) }
        let digits = rest.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        return value < 256 ? (UInt8(value), 3) : nil
    }

    private static func escape(_ byte: UInt8, into text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"):
            text.append(UInt8(ascii: "\\"))
            text.append(byte)
        case 33...126: text.append(byte)
        default:
            text.append(UInt8(ascii: "\\"))
            for digit in [byte / 100, byte / 10 % 10, byte % 10] { text.append(48 + digit) }
        }
    }
}
