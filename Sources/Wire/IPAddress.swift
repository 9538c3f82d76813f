// SPDX-License-Identifier: MIT

/// An IPv4 or IPv6 address, without a zone.
package enum IPAddress: Hashable, Sendable {
    /// In host byte order: 192.0.2.1 is `0xC000_0201`.
    case v4(UInt32)
    /// The upper and the lower 64 bits, in host byte order.
    case v6(high: UInt64, low: UInt64)
}

extension IPAddress {
    package enum Family: Sendable, CaseIterable { case v4, v6 }

    package var family: Family {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// Bits of an address of this family: 32 or 128.
    package var width: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// The address as it stands on the wire: 4 or 16 bytes.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let raw): Self.bigEndian(raw)
        case .v6(let high, let low): Self.bigEndian(high) + Self.bigEndian(low)
        }
    }

    /// Reads 4 or 16 bytes as they stand on the wire; nil for any other count.
    @inlinable package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) as the IPv4 address it stands for; every other address as it is.
    package var unmapped: IPAddress {
        guard case .v6(high: 0, let low) = self, low >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        switch unmapped {
        case .v4(let raw): raw >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    private static func bigEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
