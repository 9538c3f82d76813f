// SPDX-License-Identifier: MIT
import Rules
import Wire

extension Configuration {
    /// What can be said only when the wg-quick files are at hand: `files` by the path of `config =`.
    ///
    /// Of a tunnel whose file is not among them nothing is said of the file, since its reading has told why.
    package func problems(withTunnelFiles files: [String: WireGuardFile]) -> [Problem] {
        var findings = Findings(file: places.file)
        for (index, tunnel) in tunnel.enumerated() {
            let file = file(of: tunnel, in: files)
            if let file { checkResolvers(of: tunnel, key: "tunnel[\(index)]", file, &findings) }
            let own = ownAddresses(of: tunnel, file: file)
            for (number, server) in dns.servers.enumerated() where dns.setting == .custom && own.contains(server.address) {
                findings.warning(
                    places.nearest(to: "dns.servers[\(number)]"),
                    "\(server) belongs to the tunnel \(quoted(tunnel.name)): it counts as Default DNS, and is asked in the tunnel only")
            }
        }
        checkEndpoints(of: tunnel.compactMap { file(of: $0, in: files) }, &findings)
        return findings.sorted
    }

    /// Names of endpoints are asked in the clear: that an answer is right shows in the peer's key.
    private func checkEndpoints(of files: [WireGuardFile], _ findings: inout Findings) {
        let named = files.first { !$0.endpointNames.isEmpty }
        guard let named, let name = named.endpointNames.first else {
            let isEveryFileRead = tunnel.count { if case .config = $0.source { true } else { false } } == files.count
            if isEveryFileRead, !tunnels.bootstrap.isEmpty {
                findings.warning(places.nearest(to: "tunnels.bootstrap"), "no endpoint is given by name: these servers are never asked")
            }
            return
        }
        let (key, servers) =
            tunnels.bootstrap.isEmpty ? ("dns.system_servers", dns.systemServers) : ("tunnels.bootstrap", tunnels.bootstrap)
        guard !servers.isEmpty, servers.allSatisfy(\.isSecure) else {
            for (index, server) in tunnels.bootstrap.enumerated() where server.isSecure {
                findings.warning(
                    places.nearest(to: "\(key)[\(index)]"), "\(server) is not asked: names of endpoints are asked in the clear")
            }
            return
        }
        findings.error(
            places.nearest(to: key),
            "nobody can be asked where \(name) is, the endpoint in \(named.name): that is asked in the clear, and these servers are encrypted ones",
            hint: "bootstrap = [\"192.0.2.53\"] under [tunnels], with a plain one")
    }

    /// The resolvers of a tunnel: its `dns =`, else `DNS =` of its file.
    package func resolvers(of tunnel: Tunnel, file: WireGuardFile?) -> [ServerAddress] {
        tunnel.dns.isEmpty ? file?.dns ?? [] : tunnel.dns
    }

    /// The addresses of a tunnel that count as Default DNS however they were typed: its resolvers', and its device's as far as the file tells.
    package func ownAddresses(of tunnel: Tunnel, file: WireGuardFile?) -> Set<IPAddress> {
        (file?.ownAddresses ?? []).union(tunnel.dns.map(\.address))
    }

    private func file(of tunnel: Tunnel, in files: [String: WireGuardFile]) -> WireGuardFile? {
        switch tunnel.source {
        case .config(let path): files[path]
        case .interface: nil
        }
    }

    private func checkResolvers(of tunnel: Tunnel, key: String, _ file: WireGuardFile, _ findings: inout Findings) {
        if tunnel.dns.isEmpty, file.dns.isEmpty {
            findings.error(
                places.nearest(to: key + ".config"), "this tunnel has no resolver: \(file.name) has no DNS =, and there is no dns =",
                hint: "add dns = [\"10.64.0.1\"]")
        }
        for (number, server) in resolvers(of: tunnel, file: file).enumerated() {
            let place = places.nearest(to: tunnel.dns.isEmpty ? key + ".config" : key + ".dns[\(number)]")
            if tunnel.dns.isEmpty, isOwnListener(server) {
                findings.error(place, "\(server), from DNS = of \(file.name), is our own address: a question would come back for ever")
            } else if !file.reaches(server.address) {
                findings.warning(
                    place, "no peer of \(file.name) has \(server.address) in its AllowedIPs: questions to \(server) get no answer")
            }
        }
    }
}
