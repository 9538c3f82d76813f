// SPDX-License-Identifier: MIT

/// Names that have nothing in common but their zone: a pattern that is found in all of one zone's takes the names of everybody in it.
enum Probes {
    static let zones = ["com", "net", "org"]
    static let names = ["q7", "k-w.long-label.j0", "mmmm", "www.vex-3", "bhtdz.4.fyi", "0_0.x"]

    /// The first zone whose names all are found; nil: not everything.
    static func zone(where isFound: (String) -> Bool) -> String? {
        zones.first { zone in names.allSatisfy { isFound("\($0).\(zone)") } }
    }
}

extension Pattern {
    /// What a keyword takes that is more than anybody can mean; nil: nothing. Of regexes `Matcher.problems` tells, of names who knows the zones.
    package var everything: String? {
        guard case .keyword(let keyword) = self else { return nil }
        if keyword.utf8.count(where: { ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 >= 0x80 }) < 2 {
            return "is found in nearly every name"
        }
        return Probes.zone { $0.contains(keyword) }.map { "is found in every name below '\($0)'" }
    }
}

/// Regexes without those that take everything.
struct NarrowRegexes: RegexSet {
    let all: any RegexSet
    let broad: Set<Int>

    func matches(_ text: Span<UInt8>) -> [Int] { all.matches(text).filter { !broad.contains($0) } }

    /// Which of the regexes take everything, and in which zone.
    static func broad(in set: any RegexSet) -> [Int: String] {
        var found: [String: [Int]] = [:]
        func matches(_ text: String) -> [Int] {
            if let known = found[text] { return known }
            let bytes = Array(text.utf8)
            found[text] = set.matches(bytes.span)
            return found[text] ?? []
        }
        var broad: [Int: String] = [:]
        // What is not found in the first name of a zone need not be looked for in the others.
        for index in Set(Probes.zones.flatMap { matches("\(Probes.names[0]).\($0)") }) {
            broad[index] = Probes.zone { matches($0).contains(index) }
        }
        return broad
    }
}
