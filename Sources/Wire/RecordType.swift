// SPDX-License-Identifier: MIT

/// A resource record's type (RFC 1035 section 3.2.2). Unknown ones are values like any other (RFC 3597).
package struct RecordType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let a = RecordType(rawValue: 1)
    package static let ns = RecordType(rawValue: 2)
    package static let cname = RecordType(rawValue: 5)
    package static let soa = RecordType(rawValue: 6)
    package static let ptr = RecordType(rawValue: 12)
    package static let hinfo = RecordType(rawValue: 13)
    package static let mx = RecordType(rawValue: 15)
    package static let txt = RecordType(rawValue: 16)
    package static let aaaa = RecordType(rawValue: 28)
    package static let srv = RecordType(rawValue: 33)
    package static let naptr = RecordType(rawValue: 35)
    package static let dname = RecordType(rawValue: 39)
    package static let opt = RecordType(rawValue: 41)
    package static let ds = RecordType(rawValue: 43)
    package static let rrsig = RecordType(rawValue: 46)
    package static let nsec = RecordType(rawValue: 47)
    package static let nsec3 = RecordType(rawValue: 50)
    package static let dnskey = RecordType(rawValue: 48)
    package static let svcb = RecordType(rawValue: 64)
    package static let https = RecordType(rawValue: 65)
    package static let tkey = RecordType(rawValue: 249)
    package static let tsig = RecordType(rawValue: 250)
    package static let ixfr = RecordType(rawValue: 251)
    package static let axfr = RecordType(rawValue: 252)
    package static let mailb = RecordType(rawValue: 253)
    package static let maila = RecordType(rawValue: 254)
    package static let any = RecordType(rawValue: 255)

    private static let names: [(RecordType, String)] = [
        (.a, "A"), (.ns, "NS"), (.cname, "CNAME"), (.soa, "SOA"), (.ptr, "PTR"), (.hinfo, "HINFO"), (.mx, "MX"), (.txt, "TXT"),
        (.aaaa, "AAAA"), (.srv, "SRV"), (.naptr, "NAPTR"), (.dname, "DNAME"), (.opt, "OPT"), (.ds, "DS"), (.rrsig, "RRSIG"),
        (.dnskey, "DNSKEY"), (.svcb, "SVCB"), (.https, "HTTPS"), (.tkey, "TKEY"), (.tsig, "TSIG"), (.ixfr, "IXFR"), (.axfr, "AXFR"),
        (.mailb, "MAILB"), (.maila, "MAILA"), (.any, "ANY"),
    ]
}

extension RecordType: CustomStringConvertible {
    /// Reads a mnemonic in any case, or `TYPE65280` (RFC 3597 section 5).
    package init?(_ text: some StringProtocol) {
        let upper = text.uppercased()
        if let known = Self.names.first(where: { $0.1 == upper }) {
            self = known.0
        } else {
            guard upper.hasPrefix("TYPE"), let raw = UInt16(upper.dropFirst(4)) else { return nil }
            self.init(rawValue: raw)
        }
    }

    package var description: String { Self.names.first { $0.0 == self }?.1 ?? "TYPE\(rawValue)" }
}
