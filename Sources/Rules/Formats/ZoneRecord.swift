// SPDX-License-Identifier: MIT

/// A record of a policy zone, as far as it decides anything.
struct ZoneRecord {
    enum Kind {
        /// SOA.
        case authority
        /// NS and DNSSEC records.
        case silent
        /// CNAME.
        case alias
        /// A and AAAA.
        case address
        case other
    }

    let type: Kind
    /// The first word of the data.
    let data: Range<Int>

    /// Nil when there is no type, or nothing behind it.
    init?(_ bytes: Span<UInt8>, _ entry: ZoneReader.Entry) {
        var words = entry.words[...]
        if !entry.isContinued { words = words.dropFirst() }
        // TTL and class in either order (RFC 1035 section 5.1).
        for _ in 0..<2 {
            guard let word = words.first else { break }
            let isClass = word.count == 2 && ["in", "ch", "hs"].contains { bytes.equals(word, $0, blind: true) }
            if isClass || bytes[word.lowerBound] &- 48 < 10 { words = words.dropFirst() }
        }
        guard let type = words.popFirst(), let data = words.first else { return nil }
        guard (bytes[type.lowerBound] | 0x20) &- 97 < 26 else { return nil }
        self.data = data
        if bytes.equals(type, "cname", blind: true) {
            self.type = .alias
        } else if bytes.equals(type, "a", blind: true) || bytes.equals(type, "aaaa", blind: true) {
            self.type = .address
        } else if bytes.equals(type, "soa", blind: true) {
            self.type = .authority
        } else if ["ns", "rrsig", "nsec", "nsec3", "nsec3param", "dnskey", "ds", "zonemd"].contains(where: {
            bytes.equals(type, $0, blind: true)
        }) {
            self.type = .silent
        } else {
            self.type = .other
        }
    }
}
