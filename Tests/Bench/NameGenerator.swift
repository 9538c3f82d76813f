// SPDX-License-Identifier: MIT

/// Names as block lists have them: two to four labels, some twenty characters. The same seed gives the same names.
struct NameGenerator {
    private var state: UInt64

    private static let ends = [
        "com", "com", "com", "com", "net", "net", "org", "info", "de", "co.uk", "ru", "xyz", "top", "online", "io", "fr", "nl", "com.br",
        "pl",
        "cloudfront.net",
    ]
    private static let services = ["www", "ads", "track", "cdn", "api", "stats", "m", "pixel", "click", "s1"]
    private static let syllables = [
        "ba", "ko", "ri", "ta", "me", "lo", "su", "ne", "vi", "da", "shop", "ad", "net", "go", "ly", "max", "tech", "er", "on", "al", "st",
        "x",
    ]

    init(seed: UInt64) { state = seed }

    private mutating func pick<Element>(_ array: [Element]) -> Element { array[Int(number() % UInt64(array.count))] }

    /// SplitMix64.
    mutating func number() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func next() -> String {
        var own = ""
        for _ in 0..<3 + Int(number() % 3) { own += pick(Self.syllables) }
        own += String(number() % 2000, radix: 36)
        switch number() % 10 {
        case 0..<5: break
        case 5..<8: own = pick(Self.services) + "." + own
        case 8: own = String(number() & 0xFFFFFF, radix: 36) + "." + own
        default: own = pick(Self.services) + String(number() % 100) + "." + pick(Self.services) + "." + own
        }
        return own + "." + pick(Self.ends)
    }
}
