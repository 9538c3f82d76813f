// SPDX-License-Identifier: MIT
import Wire

/// How this machine's programs come to their resolver: /etc/resolv.conf and the line `hosts:` of /etc/nsswitch.conf.
package struct HostDNSSeen: Hashable, Sendable {
    /// Servers of /etc/resolv.conf, in order; nil where the file cannot be read.
    package var servers: [ServerAddress]? = []
    /// Who keeps the file: a name such as `NetworkManager`; nil: nobody known.
    package var keeper: String?
    /// What stands in the way of changing it, and what to type.
    package var hindrance: (what: String, hint: String)? {
        get { hindranceText.map { ($0, hindranceHint) } }
        set {
            hindranceText = newValue?.what
            hindranceHint = newValue?.hint ?? ""
        }
    }
    private var hindranceText: String?
    private var hindranceHint = ""
    /// The sources of `hosts:` in order, with their actions in brackets; empty where there is no such line.
    package var sources: [String] = []

    package init() {}

    var namesLoopbackOnly: Bool { servers.map { !$0.isEmpty && $0.allSatisfy { $0.address.isLoopback } } ?? false }
}

extension IPAddress {
    var isLoopback: Bool {
        switch unmapped {
        case .v4(let raw): raw >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// 0.0.0.0 or ::, as a listener: every address of the machine.
    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    /// Global unicast: 2000::/3, or IPv4 that is neither loopback nor link-local.
    var isGlobal: Bool {
        switch self {
        case .v4(let raw): raw >> 24 != 127 && raw >> 16 != 0xA9FE
        case .v6(let high, _): high >> 61 == 1
        }
    }

    /// fe80::/10 or 169.254.0.0/16.
    var isLinkLocal: Bool {
        switch self {
        case .v4(let raw): raw >> 16 == 0xA9FE
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6
        }
    }
}
