// SPDX-License-Identifier: MIT

/// How a list that a rule file includes is written.
package enum ListKind: String, Hashable, Sendable, CaseIterable {
    /// One name, `*.name`, address or network a line.
    case plain
    /// Source files of v2fly's domain-list-community.
    case geosite
    /// The domain options of dnsmasq's configuration.
    case dnsmasq
    /// AdGuard: upstream lines, and the part of the filter language that concerns names.
    case adguard
    /// Rule providers of Clash and mihomo, behaviour `domain`, `classical` or `ipcidr`, as text or YAML.
    case clash
    /// Rule-sets of sing-box as JSON.
    case singbox
    case hosts
    /// Response policy zones, as master files (RFC 1035 section 5).
    case rpz
}
