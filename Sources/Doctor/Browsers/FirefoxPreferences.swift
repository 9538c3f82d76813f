// SPDX-License-Identifier: MIT

/// What a Firefox profile says of DNS over HTTPS, in prefs.js or user.js: lines `user_pref("network.trr.mode", 3);`.
package struct FirefoxPreferences: Hashable, Sendable {
    /// `network.trr.mode`: 0 by default, 2 first, 3 only, 5 off by choice; 1 and 4 are reserved and taken for 0.
    package var mode: Int?
    /// `network.trr.custom_uri`, else `network.trr.uri`, else the default provider's.
    package var server: String? { custom ?? uri ?? provider }
    private var custom: String?
    private var uri: String?
    private var provider: String?

    /// Any text is read without a failure; of equal keys the last counts.
    package init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let (key, value) = Self.preference(line) else { continue }
            let words = value.hasPrefix("\"") ? String(value.dropFirst().prefix { $0 != "\"" }) : nil
            switch key {
            case "network.trr.mode": mode = Int(value)
            case "network.trr.custom_uri": custom = words.flatMap { $0.isEmpty ? nil : $0 }
            case "network.trr.uri": uri = words.flatMap { $0.isEmpty ? nil : $0 }
            case "network.trr.default_provider_uri": provider = words.flatMap { $0.isEmpty ? nil : $0 }
            default: break
            }
        }
    }

    private static func preference(_ line: Substring) -> (key: String, value: String)? {
        let text = String(line).dropWhiteSpace()
        guard text.hasPrefix("user_pref("), let comma = text.firstIndex(of: ","), let end = text.lastIndex(of: ")"), comma < end else {
            return nil
        }
        let key = text[..<comma].split(separator: "\"")
        guard key.count >= 2 else { return nil }
        return (String(key[1]), String(text[text.index(after: comma)..<end]).dropWhiteSpace())
    }

    /// user.js is read after prefs.js, and wins.
    package func overridden(by user: FirefoxPreferences) -> FirefoxPreferences {
        var result = self
        result.mode = user.mode ?? mode
        result.custom = user.custom ?? custom
        result.uri = user.uri ?? uri
        return result
    }

    package var browserMode: BrowserSeen.Mode {
        switch mode {
        case 2: .first(server)
        case 3: .only(server)
        case 5: .off
        default: .byDefault
        }
    }
}

extension String {
    /// Without white space at both ends.
    func dropWhiteSpace() -> String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
