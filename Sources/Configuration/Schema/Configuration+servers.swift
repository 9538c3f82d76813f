// SPDX-License-Identifier: MIT
import Wire

/// The same checks for every list of servers.
extension Configuration {
    func checkServers(_ findings: inout Findings) {
        check(dns.servers, of: "dns.servers", &findings)
        check(dns.systemServers, of: "dns.system_servers", &findings)
        check(tunnels.bootstrap, of: "tunnels.bootstrap", &findings)
        for (index, tunnel) in tunnel.enumerated() { check(tunnel.dns, of: "tunnel[\(index)].dns", &findings) }
    }

    /// Whether a question to `server` would come back to us.
    func isOwnListener(_ server: ServerAddress) -> Bool {
        dns.listen.contains { own in
            own.port == server.port
                && (own.address == server.address
                    || AddressRange(of: own.address) == .unspecified && server.address.isLoopback && own.address.covers(server.address))
        }
    }

    private func check(_ servers: [ServerAddress], of key: String, _ findings: inout Findings) {
        var seen: Set<ServerAddress> = []
        for (index, server) in servers.enumerated() {
            let place = places.nearest(to: "\(key)[\(index)]")
            if !seen.insert(server).inserted { findings.warning(place, "\(server) is listed twice") }
            if isOwnListener(server) {
                findings.error(place, "\(server) is our own address, from dns.listen: a question would come back for ever")
            }
            checkRange(of: server.address, zone: server.zone, at: place, &findings)
            checkZone(server.zone, of: server.address, at: place, &findings)
            checkScheme(of: server, at: place, &findings)
        }
    }

    private func checkRange(of address: IPAddress, zone: String?, at place: Place, _ findings: inout Findings) {
        switch AddressRange(of: address) {
        case .unspecified, .thisNetwork: findings.error(place, "\(address) means \"this machine\", and is no resolver's address")
        case .multicast: findings.error(place, "\(address) is a multicast address, and no resolver's")
        case .broadcast: findings.error(place, "\(address) is the broadcast address, and no resolver's")
        case .reserved: findings.warning(place, "\(address) is in 240.0.0.0/4, which nobody uses: no resolver can be there")
        case .documentation: findings.warning(place, "\(address) is in a range for documentation: no resolver can be there")
        case .linkLocal where zone == nil:
            findings.error(place, "\(address) exists on every link", hint: "name the interface: \"\(address)%eth0\"")
        case .linkLocal, .other: break
        }
    }

    func checkZone(_ zone: String?, of address: IPAddress, at place: Place, _ findings: inout Findings) {
        guard let zone else { return }
        if AddressRange(of: address) != .linkLocal {
            findings.error(place, "only a link-local address (fe80::/10) takes an interface", hint: "remove %\(zone)")
        } else if zone.utf8.count > 15 || zone.unicodeScalars.contains(where: { $0 == "/" || $0.properties.isWhitespace || $0.isControl }) {
            findings.error(place, "\(quoted(zone)) is no interface name")
        }
    }

    private func checkScheme(of server: ServerAddress, at place: Place, _ findings: inout Findings) {
        for fault in Self.faults(of: server) { findings.error(place, fault.message, hint: fault.hint) }
    }

    /// What is wrong with how an encrypted server is written.
    package static func faults(of server: ServerAddress) -> [(message: String, hint: String?)] {
        let identity: ServerIdentity
        var faults: [(message: String, hint: String?)] = []
        switch server.scheme {
        case .plain: return []
        case .tls(let given): identity = given
        case .https(let path, let given):
            identity = given
            if let odd = path.unicodeScalars.first(where: { !$0.isASCII || $0.isControl || " {}\"<>".unicodeScalars.contains($0) }) {
                let hint = odd == "{" ? "leave {?dns} out: questions are sent by POST" : nil
                faults.append(("\(quoted(path)) is no path of a URL", hint))
            }
        }
        guard let name = identity.name else { return faults }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if name.isEmpty {
            faults.append(("the server's name is missing behind \"#\"", nil))
        } else if IPAddress(name) != nil {
            faults.append(
                (
                    "\(quoted(name)) behind \"#\" is an address, not a name",
                    "leave it out: without a name the certificate must bear the address"
                ))
        } else if name.utf8.count > 253
            || !labels.allSatisfy({ (1...63).contains($0.utf8.count) && $0.unicodeScalars.allSatisfy(\.isBareKey) })
        {
            faults.append(("\(quoted(name)) behind \"#\" is no server's name", nil))
        }
        return faults
    }
}

extension IPAddress {
    /// Whether a socket bound to this unspecified address hears what is sent to `other`; one bound to :: hears IPv4 too.
    fileprivate func covers(_ other: IPAddress) -> Bool { family == .v6 || other.family == .v4 }
}
