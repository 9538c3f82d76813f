// SPDX-License-Identifier: MIT
import Wire

/// Which server a dnsmasq configuration names for a domain: that of the longest domain around it.
struct DnsmasqServers {
    /// A server, or nil where the file says dnsmasq's own ones.
    private var servers: [Name: ServerAddress?] = [:]
    /// Domains of sets; known only where the file also says `#`.
    private var steered: Set<Name> = []
    /// All names above those.
    private var above: Set<Name> = []

    mutating func steer(_ name: Name) {
        steered.insert(name)
        var rest = name.parent
        while !rest.isRoot, above.insert(rest).inserted { rest = rest.parent }
    }

    /// False when the domain has a server already: only the first is asked.
    mutating func note(_ name: Name, _ server: ServerAddress?) -> Bool {
        guard servers.index(forKey: name) == nil else { return false }
        servers[name] = .some(server)
        return true
    }

    func server(for name: Name) -> ServerAddress? {
        var rest = name
        while !rest.isRoot {
            if let found = servers[rest] { return found }
            rest = rest.parent
        }
        return nil
    }

    /// Whether a set takes the name.
    func isSteered(_ name: Name) -> Bool {
        var rest = name
        while !rest.isRoot {
            if steered.contains(rest) { return true }
            rest = rest.parent
        }
        return false
    }

    /// Whether a set takes something below the name.
    func isSteeredBelow(_ name: Name) -> Bool { above.contains(name) }
}
