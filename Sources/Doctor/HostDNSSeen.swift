// SPDX-License-Identifier: MIT
import HostDNS
import Wire

/// How this machine's programs come to their resolver.
package struct HostDNSSeen: Hashable, Sendable {
    /// /etc/resolv.conf.
    package var look = HostLook(entry: .file, contents: [])
    /// The line `hosts:` of /etc/nsswitch.conf.
    package var services = NameServices("")

    package init() {}

    /// Servers of /etc/resolv.conf, in order; nil where there is no such file, or it cannot be read.
    var servers: [ServerAddress]? { look.contents.map { ResolvConf($0).servers } }

    var ownership: Ownership { Ownership(look) }

    var namesLoopbackOnly: Bool { servers.map { !$0.isEmpty && $0.allSatisfy { $0.address.isLoopback } } ?? false }
}

extension IPAddress {
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
