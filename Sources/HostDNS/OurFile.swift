// SPDX-License-Identifier: MIT
import Wire

/// The resolv.conf that we write: it names us, and keeps what else the file before it said to the C library.
///
/// Other tools tell who owns the file by words in its comments, so ours must hold the name of none of them.
package enum OurFile {
    /// The first line, and how the file is known again.
    static let mark = "# Sluice answers this machine's lookups (sluice status)."
    private static let rest = """
        # This file is put back as it was by: sluice deactivate
        # Until then what others write here is noted, and this text put back.

        """

    /// glibc before 2.26, and other resolvers, read no more.
    static let mostDomains = 6
    static let longestSearch = 256
    /// MAXNS of resolv.h.
    static let mostServers = 3

    /// The servers a resolv.conf can name among our listeners: those on port 53; a wildcard as the loopback address of its family, IPv4 first.
    package static func addresses(of listeners: [ServerAddress]) -> [IPAddress] {
        var found: [IPAddress] = []
        for listener in listeners where listener.port == 53 {
            let address: IPAddress =
                switch listener.address {
                case .v4(0): .v4(0x7F00_0001)
                case .v6(high: 0, low: 0): .v6(high: 0, low: 1)
                case let other: other
                }
            if !found.contains(address) { found.append(address) }
        }
        return Array((found.filter { $0.family == .v4 } + found.filter { $0.family == .v6 }).prefix(mostServers))
    }

    /// - Parameter before: the file in whose place this one comes; its servers are left out, the rest stays.
    static func text(naming addresses: [IPAddress], keeping before: ResolvConf) -> [UInt8] {
        var lines = mark + "\n" + rest
        for address in addresses { lines += "nameserver \(address)\n" }
        var search = ""
        for domain in before.search.prefix(mostDomains) {
            guard search.utf8.count + domain.utf8.count + 1 <= longestSearch else { break }
            search += " " + domain
        }
        if !search.isEmpty { lines += "search\(search)\n" }
        if !before.options.isEmpty { lines += "options " + before.options.joined(separator: " ") + "\n" }
        if !before.sortlist.isEmpty { lines += "sortlist " + before.sortlist.joined(separator: " ") + "\n" }
        return Array(lines.utf8)
    }

    /// Whether we wrote it, edited since or not.
    static func isOurs(_ contents: [UInt8]) -> Bool { contents.starts(with: Array((mark + "\n").utf8)) }
}
