// SPDX-License-Identifier: MIT

/// What proves that an encrypted server is the one meant; each thing named must hold. None named: its certificate bears the address.
///
/// Written behind `#`, with commas between: `dns.example`, `sha256=BASE64`, `dns.example,sha256=BASE64`.
package struct ServerIdentity: Hashable, Sendable {
    /// The name that its certificate bears, from an authority we trust (RFC 8310 section 8.1).
    package let name: String?
    /// SHA-256 of public keys (SubjectPublicKeyInfo, RFC 7858 section 4.2), 32 bytes each: its own key is one of them. With pins alone, no
    /// authority is asked, nor the certificate's dates.
    package let pins: [[UInt8]]

    package init(name: String? = nil, pins: [[UInt8]] = []) {
        self.name = name
        self.pins = pins
    }

    /// Nil for a pin that is no 32 bytes in base64, and for two names.
    init?(_ text: Substring) {
        var name: String?
        var pins: [[UInt8]] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            if part.hasPrefix(Self.pinMark) {
                guard let pin = [UInt8](base64: part.dropFirst(Self.pinMark.count)), pin.count == 32 else { return nil }
                pins.append(pin)
            } else {
                guard name == nil else { return nil }
                name = String(part)
            }
        }
        self.init(name: name, pins: pins)
    }

    /// Whether the certificate must be one that an authority we trust has signed, for this name or address.
    package var needsAuthority: Bool { name != nil || pins.isEmpty }

    /// As it stands behind the address, `#` included; nothing where nothing is named.
    var suffix: String {
        let parts = (name.map { [$0] } ?? []) + pins.map { Self.pinMark + $0.base64 }
        return parts.isEmpty ? "" : "#" + parts.joined(separator: ",")
    }

    private static let pinMark = "sha256="
}

extension [UInt8] {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 section 4, padded; nil for anything else.
    init?(base64 text: Substring) {
        let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        let padding = text.utf8.dropFirst(digits.count)
        guard text.utf8.count.isMultiple(of: 4), padding.count < 3, padding.allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            guard let value = Self.alphabet.firstIndex(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        self = bytes
    }

    fileprivate var base64: String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: count, by: 3) {
            let group = self[start..<Swift.min(start + 3, count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let isPadding = place > group.count
                text.append(isPadding ? UInt8(ascii: "=") : Self.alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
