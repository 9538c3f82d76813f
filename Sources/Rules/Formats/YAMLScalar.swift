// SPDX-License-Identifier: MIT

/// A text in YAML, as lists use it: in one line, plain or in quotes (YAML 1.2 sections 7.3.1 to 7.3.3).
enum YAMLScalar {
    case asWritten(Range<Int>)
    case decoded([UInt8])

    /// Nil when quotes do not end, or something other than a comment stands behind them; and for what is no text at all: aliases, maps.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard !range.isEmpty else { return nil }
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): self.init(quoted: range, in: bytes)
        case UInt8(ascii: "&"), UInt8(ascii: "!"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "{"), UInt8(ascii: "["),
            UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"):
            return nil
        case UInt8(ascii: "*") where range.count == 1 || bytes[range.lowerBound + 1] != UInt8(ascii: "."):
            // An alias by the letter of YAML; lists that forget the quotes write `*.x`.
            return nil
        default:
            var end = range.upperBound
            for index in range.dropFirst() where bytes[index] == UInt8(ascii: "#") && bytes.isBlank(index - 1) {
                end = index
                break
            }
            self = .asWritten(bytes.trimmed(range.lowerBound..<end))
        }
    }

    private init?(quoted range: Range<Int>, in bytes: Span<UInt8>) {
        let quote = bytes[range.lowerBound]
        let isDouble = quote == UInt8(ascii: "\"")
        var text: [UInt8] = []
        var index = range.lowerBound + 1
        var isEnded = false
        while index < range.upperBound, !isEnded {
            let byte = bytes[index]
            let next = index + 1 < range.upperBound ? bytes[index + 1] : nil
            if byte == quote {
                if !isDouble, next == quote {
                    text.append(quote)
                    index += 1
                } else {
                    isEnded = true
                }
            } else if isDouble, byte == UInt8(ascii: "\\") {
                // The escapes that a name or a regex can need.
                guard let next, next == UInt8(ascii: "\\") || next == quote || next == UInt8(ascii: "/") else { return nil }
                text.append(next)
                index += 1
            } else {
                text.append(byte)
            }
            index += 1
        }
        let rest = bytes.trimmed(index..<max(index, range.upperBound))
        guard isEnded, rest.isEmpty || bytes[rest.lowerBound] == UInt8(ascii: "#") else { return nil }
        self = .decoded(text)
    }
}
