// SPDX-License-Identifier: MIT
import Wire

/// What a resolv.conf file says (resolv.conf(5)).
package struct ResolvConf: Hashable, Sendable {
    /// In order; at most those the file names, unreadable ones left out.
    package let servers: [ServerAddress]

    package init(_ text: String) {
        servers = text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            let parts = words[1].split(separator: "%", maxSplits: 1)
            return IPAddress(parts[0]).map { ServerAddress($0, zone: parts.count == 2 ? String(parts[1]) : nil) }
        }
    }

    /// The system's servers without ourselves: asking those would be a loop.
    package func servers(without own: Set<IPAddress>) -> [ServerAddress] { servers.filter { !own.contains($0.address) } }
}
