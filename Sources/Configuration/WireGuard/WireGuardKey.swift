// SPDX-License-Identifier: MIT

/// A WireGuard key in base64. It never shows itself: neither in a message nor in a dump.
package struct WireGuardKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// 44 characters. For `wg setconf` only.
    package let base64: String

    /// Nil unless `text` is 32 bytes in base64: 43 characters of the alphabet, the last with two bits zero, and one `=` (RFC 4648 section 4).
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 44, bytes[43] == UInt8(ascii: "="), bytes.prefix(43).allSatisfy({ Self.digit($0) != nil }),
            let last = Self.digit(bytes[42]), last & 3 == 0
        else { return nil }
        base64 = text
    }

    /// No key at all, to `wg`.
    package var isZero: Bool { base64.utf8.dropLast().allSatisfy { $0 == UInt8(ascii: "A") } }

    package var description: String { "(key)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
