// SPDX-License-Identifier: MIT
import Wire

/// Ranges in which no resolver can be, or none in a real configuration (MATRIX.md).
enum AddressRange {
    /// 0.0.0.0 and ::
    case unspecified
    /// The rest of 0.0.0.0/8 (RFC 1122 section 3.2.1.3).
    case thisNetwork
    case multicast
    case broadcast
    /// 240.0.0.0/4 (RFC 1112 section 4).
    case reserved
    /// RFC 5737, RFC 3849, RFC 9637.
    case documentation
    /// fe80::/10: an address of one link, useless without its interface (RFC 4007).
    case linkLocal
    case other

    init(of address: IPAddress) {
        switch address {
        case .v4(0), .v6(high: 0, low: 0): self = .unspecified
        case .v4(.max): self = .broadcast
        case .v4(let raw) where raw >> 24 == 0: self = .thisNetwork
        case .v4(let raw) where raw >> 28 == 14: self = .multicast
        case .v4(let raw) where raw >> 28 == 15: self = .reserved
        case .v4(let raw) where [0xC0_0002, 0xC6_3364, 0xCB_0071].contains(raw >> 8): self = .documentation
        case .v6(let high, _) where high >> 56 == 0xFF: self = .multicast
        case .v6(let high, _) where high >> 32 == 0x2001_0DB8 || high >> 44 == 0x3FFF0: self = .documentation
        case .v6(let high, _) where high >> 54 == 0x3FA: self = .linkLocal
        case .v4, .v6: self = .other
        }
    }
}

extension IPAddress {
    /// 127.0.0.0/8 and ::1.
    var isLoopback: Bool {
        switch self {
        case .v4(let raw): raw >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }
}
