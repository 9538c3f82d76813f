// SPDX-License-Identifier: MIT
import Wire

/// What a resolv.conf file says (resolv.conf(5)).
package struct ResolvConf: Hashable, Sendable {
    /// In order; at most those the file names, unreadable ones left out.
    package let servers: [ServerAddress]
    /// Domains of the last `search` or `domain` line: the last one wins.
    package let search: [String]
    /// The words of all `options` lines, each once.
    package let options: [String]
    /// What stands on the last `sortlist` line.
    package let sortlist: [String]

    package init(_ text: String) {
        var servers: [ServerAddress] = []
        var search: [String] = []
        var options: [String] = []
        var sortlist: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count >= 2 else { continue }
            switch words[0] {
            case "nameserver":
                let parts = words[1].split(separator: "%", maxSplits: 1)
                guard let first = parts.first, let address = IPAddress(first) else { continue }
                servers.append(ServerAddress(address, zone: parts.count == 2 ? String(parts[1]) : nil))
            case "search": search = Array(words.dropFirst())
            case "domain": search = [words[1]]
            case "options": options += words.dropFirst().filter { !options.contains($0) }
            case "sortlist": sortlist = Array(words.dropFirst())
            default: continue  // comments, and words of other systems
            }
        }
        self.servers = servers
        self.search = search
        self.options = options
        self.sortlist = sortlist
    }

    package init(_ bytes: [UInt8]) { self.init(String(decoding: bytes, as: UTF8.self)) }

    /// The system's servers without ourselves: asking those would be a loop.
    package func servers(without own: Set<IPAddress>) -> [ServerAddress] { servers.filter { !own.contains($0.address) } }
}
