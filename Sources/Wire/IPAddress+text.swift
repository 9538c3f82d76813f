// SPDX-License-Identifier: MIT

extension IPAddress: CustomStringConvertible {
    /// Reads dotted decimal or RFC 4291 section 2.2 text. No zone, no leading zeros in IPv4, no surrounding space.
    package init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(of: text) else { return nil }
            self = .v6(
                high: groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let raw = Self.dotted(text) else { return nil }
            self = .v4(raw)
        }
    }

    /// Dotted decimal, or the canonical form of RFC 5952.
    package var description: String {
        switch self {
        case .v4(let raw): Self.dotted(raw)
        case .v6(high: 0, let low) where low >> 32 == 0xFFFF: "::ffff:" + Self.dotted(UInt32(truncatingIfNeeded: low))
        case .v6(let high, let low): Self.canonical(high, low)
        }
    }

    private static func dotted(_ raw: UInt32) -> String {
        "\(raw >> 24).\(raw >> 16 & 255).\(raw >> 8 & 255).\(raw & 255)"
    }

    private static func dotted(_ text: some StringProtocol) -> UInt32? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var raw: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (48...57).contains($0) }),
                part.count == 1 || part.first != UInt8(ascii: "0")
            else { return nil }
            let value = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 48) }
            guard value <= 255 else { return nil }
            raw = raw << 8 | value
        }
        return raw
    }

    private static func groups(of text: some StringProtocol) -> [UInt16]? {
        let bytes = Array(text.utf8)
        var head: [UInt16] = []
        var tail: [UInt16]?
        var index = 0
        if bytes.starts(with: [58, 58]) {
            tail = []
            index = 2
        } else if bytes.first == 58 {
            return nil
        }
        while index < bytes.count {
            let end = bytes[index...].firstIndex(of: 58) ?? bytes.count
            let group = bytes[index..<end]
            if group.contains(UInt8(ascii: ".")) {
                guard end == bytes.count, let raw = dotted(String(decoding: group, as: UTF8.self)) else { return nil }
                append(UInt16(truncatingIfNeeded: raw >> 16))
                append(UInt16(truncatingIfNeeded: raw))
                break
            }
            guard (1...4).contains(group.count), let value = UInt16(String(decoding: group, as: UTF8.self), radix: 16),
                group.first != UInt8(ascii: "+")
            else { return nil }
            append(value)
            guard end < bytes.count else { break }
            index = end + 1
            if index == bytes.count { return nil }
            if bytes[index] == 58 {
                guard tail == nil else { return nil }
                tail = []
                index += 1
            }
        }
        guard let behind = tail else { return head.count == 8 ? head : nil }
        let gap = 8 - head.count - behind.count
        return gap >= 1 ? head + Array(repeating: 0, count: gap) + behind : nil

        func append(_ value: UInt16) {
            if tail == nil { head.append(value) } else { tail?.append(value) }
        }
    }

    private static func canonical(_ high: UInt64, _ low: UInt64) -> String {
        let groups =
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: high >> $0) } + [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: low >> $0) }
        var longest = 0..<0
        var index = 0
        while index < 8 {
            let start = index
            while index < 8, groups[index] == 0 { index += 1 }
            if index - start > max(1, longest.count) { longest = start..<index }
            index += 1
        }
        func hex(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard !longest.isEmpty else { return hex(groups[...]) }
        return hex(groups[..<longest.lowerBound]) + "::" + hex(groups[longest.upperBound...])
    }
}
