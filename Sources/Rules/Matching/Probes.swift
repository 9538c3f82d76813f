// SPDX-License-Identifier: MIT

/// Names that have nothing in common but one thing: a pattern that is found in all of them takes the names of everybody who shares it.
struct Probes {
    /// What they share, as a message says it.
    let what: String
    let names: [String]
    /// A name that has the zone as a word: where this is found too, the word is meant, which many names have, not the zone.
    var word: String?

    /// Where strangers have names: a choice of registries that are large or well known. The first three are so large that a word of theirs in a
    /// pattern means them.
    static let zones = [
        "com", "net", "org", "info", "biz", "edu", "gov", "de", "uk", "co.uk", "fr", "nl", "eu", "ru", "cn", "com.cn", "br", "com.br", "jp",
        "co.jp", "in", "it", "es", "pl", "ch", "at", "be", "se", "no", "dk", "fi", "cz", "pt", "gr", "hu", "ro", "ua", "tr", "ir", "us",
        "ca",
        "mx", "ar", "au", "com.au", "nz", "za", "kr", "tw", "hk", "sg", "id", "vn", "th", "io", "co", "me", "tv", "cc", "ai", "app", "dev",
        "xyz", "top", "online", "site", "shop", "store", "club", "cloud", "live", "fyi",
    ]

    private static let own = ["q7", "k-w", "mmmm", "vex-3", "bhtdz4", "0-0"]
    private static let deeper = ["k-w.long-label.j0", "mmmm.q7", "www.vex-3", "bhtdz.4.fyi", "0_0.x"]

    static let all =
        zones.enumerated().flatMap { index, zone in
            let word = index < 3 ? nil : "x\(zone)x.invalid"
            return [
                Probes(what: "every name just below '\(zone)'", names: own.map { "\($0).\(zone)" }, word: word),
                Probes(what: "every name further below '\(zone)'", names: deeper.map { "\($0).\(zone)" }, word: word),
            ]
        } + [Probes(what: "every name that begins with 'www.'", names: zip(own + deeper, zones).map { "www.\($0).\($1)" })]
}

extension Pattern {
    /// What a keyword takes that is more than anybody can mean; nil: nothing. Of regexes `Matcher.problems` tells, of names who knows the zones.
    package var everything: String? {
        guard case .keyword(let keyword) = self else { return nil }
        if keyword.utf8.count(where: { ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 >= 0x80 }) < 2 {
            return "is found in nearly every name"
        }
        // A longer one without a dot may be a word that happens to be a registry, too.
        let isWord = keyword.utf8.count > 2 && !keyword.contains(".")
        let zones = isWord ? Probes.zones.prefix(3) : Probes.zones[...]
        guard keyword.utf8.count < 10 else { return nil }
        return zones.first { ".\($0)".contains(keyword) }.map { "is found in every name below '\($0)'" }
    }
}

/// Regexes without those that take everything.
struct NarrowRegexes: RegexSet {
    let all: any RegexSet
    let broad: Set<Int>

    func matches(_ text: Span<UInt8>) -> [Int] { all.matches(text).filter { !broad.contains($0) } }

    /// Which of the regexes take everything, and of what.
    static func broad(in set: any RegexSet) -> [Int: String] {
        var found: [String: Set<Int>] = [:]
        func matches(_ text: String) -> Set<Int> {
            if let known = found[text] { return known }
            let bytes = Array(text.utf8)
            let indices = Set(set.matches(bytes.span))
            found[text] = indices
            return indices
        }
        var broad: [Int: String] = [:]
        for probes in Probes.all {
            var common: Set<Int>?
            // What is not found in the first need not be looked for in the others.
            for name in probes.names where common?.isEmpty != true {
                common = common.map { $0.intersection(matches(name)) } ?? matches(name)
            }
            guard let common, !common.isEmpty else { continue }
            let words = probes.word.map(matches) ?? []
            for index in common.subtracting(words) where broad[index] == nil { broad[index] = probes.what }
        }
        return broad
    }
}
