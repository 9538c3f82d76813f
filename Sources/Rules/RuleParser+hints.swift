// SPDX-License-Identifier: MIT
import Wire

/// What to write instead of what is no pattern.
extension RuleParser {
    /// The first character that a name cannot have: it has letters, digits, `-`, `_`, dots, and the escapes `\.`, `\\` and `\DDD`.
    static func stranger(in text: String) -> Character? {
        var isEscaped = false
        for character in text {
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            if isEscaped {
                guard character == "." || character == "\\" || character.isASCII && character.isNumber else { return "\\" }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if !isPlain, character != ".", character != "-", character != "_" {
                return character
            }
        }
        return nil
    }

    /// Whether it is written as another program's lists are.
    static func isOthers(_ text: String) -> Bool { ["||", "@@", "+."].contains { text.hasPrefix($0) } }

    static func hint(_ text: String) -> String {
        if text.hasPrefix("||") || text.hasPrefix("@@") { return "that is how adguard lists are written: include adguard" + bare(text) }
        if text.hasPrefix("+.") { return "that is how clash lists are written: include clash" + bare(text) }
        if text.contains("@") { return "only the host's name" + bare(text) }
        if text.hasPrefix("."), Name(text.dropFirst()) != nil {
            return "*\(text) for what is below it, \(text.dropFirst()) for the name too"
        }
        return "labels of 1 to 63 letters, digits, '-' and '_' with dots between, 253 in all" + bare(text)
    }

    static func addressHint(_ text: String) -> String {
        if IPAddress(text) != nil { return "an address stands alone, without '=' or '*.': \(text)" }
        let ends = text.split(separator: "-")
        if ends.count == 2, ends.allSatisfy({ IPAddress($0) != nil }) {
            return "a range is written as networks, one a line: \(ends[0])/31"
        }
        return "an address has four numbers from 0 to 255; a network is 10.20.0.0/16"
    }

    static func networkHint(_ text: String) -> String {
        let usual = "10.20.0.0/16 or 2001:db8::/32"
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { return usual }
        if parts.count == 2, let address = IPAddress(first), case .v4(let mask)? = IPAddress(parts[1]) {
            let length = (~mask).leadingZeroBitCount
            guard mask == 0 || mask == UInt32.max << UInt32(32 - length), let network = Network(address, length: length) else {
                return usual
            }
            return "\(network)"
        }
        let host = first.split(separator: ":", omittingEmptySubsequences: false)
        guard host.count <= 2, let name = host.first, isHost(name), parts.count == 2 || host.count == 2 else { return usual }
        return parts.count == 2 && IPAddress(name) == nil || host.count == 2 ? "only the host's name or address: \(name)" : usual
    }

    /// For a URL.
    static func onlyTheHost(_ text: String) -> String {
        let rest = text[(text.firstRange(of: "://")?.upperBound ?? text.startIndex)...]
        let host = rest.prefix { !"/:?#".contains($0) }
        return "only the host's name" + (isHost(host) ? ": \(host)" : "")
    }

    /// The name in it, if it is clear which.
    static func bare(_ text: String) -> String {
        let rest = text.lastIndex(of: "@").map { text[text.index(after: $0)...] } ?? text[...]
        let isPlain = { (character: Character) in character.isASCII && (character.isLetter || character.isNumber) }
        guard let start = rest.firstIndex(where: isPlain), let end = rest.lastIndex(where: isPlain) else { return "" }
        let name = rest[start...end]
        return isHost(name) && name != text ? ": \(name)" : ""
    }

    private static func isHost(_ text: Substring) -> Bool {
        !text.isEmpty && stranger(in: String(text)) == nil && Name(text) != nil && text.contains(where: \.isLetter)
            || IPAddress(text) != nil
    }
}
