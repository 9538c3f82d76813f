// SPDX-License-Identifier: MIT

/// A machine of the lab: a network namespace with this name, visible there to `ip netns`.
enum Place: String, CaseIterable {
    case host, lan, inet, relay1, relay2

    /// Passes on packets that are not for itself.
    var forwards: Bool {
        switch self {
        case .host, .lan: false
        case .inet, .relay1, .relay2: true
        }
    }

    /// Kernel settings under /proc/sys/net, to be written before the first device is there.
    var settings: [(file: String, value: String)] {
        // Without duplicate address detection an IPv6 address can be used at once, not after a second.
        let every = ["all", "default"].flatMap { scope in
            [
                ("ipv6/conf/\(scope)/disable_ipv6", "0"), ("ipv6/conf/\(scope)/accept_dad", "0"), ("ipv6/conf/\(scope)/accept_ra", "0"),
                // Loose on the host, as systemd sets it on Debian; the others have nothing to prove.
                ("ipv4/conf/\(scope)/rp_filter", self == .host ? "2" : "0"),
            ]
        }
        return forwards ? every + [("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1")] : every
    }
}
