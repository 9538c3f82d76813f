// SPDX-License-Identifier: MIT

extension IPAddress {
    /// The IPv4 addresses that traffic to this IPv6 address ends at or passes, where the address says so: IPv4-mapped, 6to4 (RFC 3056), Teredo
    /// (RFC 4380: the client's, and its server's), ISATAP (RFC 5214), NAT64 by the well-known prefix (RFC 6052), the local-use one (RFC 8215), or
    /// that of this network.
    /// - Parameter nat64: the network's own prefix, if one was detected (RFC 7050).
    package func embedded(nat64: Network? = nil) -> [IPAddress] {
        guard case .v6(let high, let low) = self else { return [] }
        if let nat64, nat64.contains(self) { return embedded(at: nat64.length).map { [$0] } ?? [] }
        let lowest = UInt32(truncatingIfNeeded: low)
        if case .v4 = unmapped { return [unmapped] }
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return [.v4(lowest)] }
        // Of the prefixes that may be cut from 64:ff9b:1::/48 the address does not say which; a /96, or else the whole.
        if high >> 16 == 0x0064_FF9B_0001 { return embedded(at: lowest == 0 ? 48 : 96).map { [$0] } ?? [] }
        var inner: [IPAddress] = []
        if high >> 48 == 0x2002 { inner.append(.v4(UInt32(truncatingIfNeeded: high >> 16))) }
        // Section 4: the server's as it is, the client's with every bit turned.
        if high >> 32 == 0x2001_0000 { inner += [.v4(~lowest), .v4(UInt32(truncatingIfNeeded: high))] }
        // Section 6.1: an interface of 00-00-5e-fe, or 02-00-5e-fe where its IPv4 address is a public one.
        if low >> 32 & 0xFDFF_FFFF == 0x0000_5EFE { inner.append(.v4(lowest)) }
        return inner
    }

    /// The IPv4 address behind a NAT64 prefix of 32, 40, 48, 56, 64 or 96 bits; bits 64 to 71 are never part of it (RFC 6052 section 2.2).
    package func embedded(at length: Int) -> IPAddress? {
        guard case .v6(let high, let low) = self else { return nil }
        switch length {
        case 32, 40, 48, 56, 64:
            let left = UInt64(64 - length)
            let upper = left == 0 ? 0 : (high & (UInt64.max >> (64 - left))) << (32 - left)
            let lower = left == 32 ? 0 : (low << 8) >> (32 + left)
            return .v4(UInt32(truncatingIfNeeded: upper | lower))
        case 96: return .v4(UInt32(truncatingIfNeeded: low))
        default: return nil
        }
    }
}

/// How a network says that it translates IPv6 to IPv4 (RFC 7050).
package enum NAT64 {
    /// A name that has only IPv4 addresses: one of IPv6 was made on the way.
    package static let name = Name("ipv4only.arpa") ?? .root
    /// 192.0.0.170 and 192.0.0.171.
    private static let known: [IPAddress] = [.v4(0xC000_00AA), .v4(0xC000_00AB)]

    /// The prefix by which these addresses of `name` were made; nil when there is none. Where the known addresses show in more than one place of an
    /// address, that counts where most addresses agree, and then the longest (section 3).
    package static func prefix(in addresses: [IPAddress]) -> Network? {
        var votes: [Network: Int] = [:]
        for address in addresses {
            for length in [96, 64, 56, 48, 40, 32] where address.embedded(at: length).map(known.contains) ?? false {
                if let network = Network(address, length: length) { votes[network, default: 0] += 1 }
            }
        }
        return votes.max { ($0.value, $0.key.length) < ($1.value, $1.key.length) }?.key
    }
}
