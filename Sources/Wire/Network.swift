// SPDX-License-Identifier: MIT

/// An address prefix: `10.20.0.0/16`, `2001:db8::/32`. Bits after the prefix are always zero.
package struct Network: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    /// Bits of the prefix: 0...32 or 0...128.
    package let length: Int

    /// The network of `length` bits around `address`; bits after the prefix are cleared. Nil when `length` does not fit the family.
    package init?(_ address: IPAddress, length: Int) {
        guard (0...address.width).contains(length) else { return nil }
        self.address = Self.masked(address, length)
        self.length = length
    }

    /// Reads `address/length`, or a single address as its host network.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(address, length: address.width)
            return
        }
        guard let length = Int(parts[1]), parts[1].utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        self.init(address, length: length)
    }

    package func contains(_ other: IPAddress) -> Bool {
        other.family == address.family && Self.masked(other, length) == address
    }

    /// The last address of the network.
    package var last: IPAddress {
        switch address {
        case .v4(let raw): .v4(length == 0 ? .max : raw | ~(UInt32.max << UInt32(32 - length)))
        case .v6(let high, let low): .v6(high: high | ~Self.mask(length), low: low | ~Self.mask(length - 64))
        }
    }

    package var description: String { "\(address)/\(length)" }

    private static func masked(_ address: IPAddress, _ length: Int) -> IPAddress {
        switch address {
        case .v4(let raw): .v4(length == 0 ? 0 : raw & UInt32.max << UInt32(32 - length))
        case .v6(let high, let low): .v6(high: high & mask(length), low: low & mask(length - 64))
        }
    }

    /// The first `length` of 64 bits set; all below 0, none above 64.
    private static func mask(_ length: Int) -> UInt64 {
        length <= 0 ? 0 : length >= 64 ? .max : UInt64.max << UInt64(64 - length)
    }
}
