// SPDX-License-Identifier: MIT
import Policy

/// What no single key can tell.
extension Configuration {
    func check(_ findings: inout Findings) {
        checkListeners(&findings)
        if dns.setting != .custom, !dns.servers.isEmpty {
            findings.warning(
                places.nearest(to: "dns.servers"), "these servers are not asked: setting is \"\(dns.setting.rawValue)\"",
                hint: "setting = \"custom\"")
        }
        if routing.default == .tunnel, tunnel.isEmpty {
            findings.warning(
                places.nearest(to: "routing.default"), "there is no [[tunnel]]: the state is always disconnected, and all goes outside")
        }
        checkTunnels(&findings)
    }

    private func checkListeners(_ findings: inout Findings) {
        var seen: Set<Endpoint> = []
        for (index, endpoint) in dns.listen.enumerated() {
            let place = places.nearest(to: "dns.listen[\(index)]")
            if !seen.insert(endpoint).inserted { findings.error(place, "\(endpoint) is listed twice") }
            switch AddressRange(of: endpoint.address) {
            case .multicast, .broadcast: findings.error(place, "\(endpoint.address) is no machine's address: nobody can listen on it")
            case .linkLocal where endpoint.zone == nil:
                findings.error(
                    place, "\(endpoint.address) exists on every link", hint: "name the interface: \"[\(endpoint.address)%eth0]:53\"")
            case .linkLocal, .unspecified, .thisNetwork, .reserved, .documentation, .other: break
            }
            checkZone(endpoint.zone, of: endpoint.address, at: place, &findings)
        }
    }

    private func checkTunnels(_ findings: inout Findings) {
        var names: [String: Int] = [:]
        var devices: [String: Int] = [:]
        if tunnel.count > Node.most {
            findings.error(places.nearest(to: "tunnel[\(Node.most)]"), "this is the eleventh [[tunnel]]: there are marks for \(Node.most)")
        }
        for (index, tunnel) in tunnel.enumerated() {
            if !tunnel.name.isEmpty {
                if let first = names[tunnel.name] {
                    findings.error(
                        places.nearest(to: "tunnel[\(index)].name"),
                        "the name \(quoted(tunnel.name)) is taken, at line \(places.nearest(to: "tunnel[\(first)].name").line)")
                } else {
                    names[tunnel.name] = index
                }
            }
            guard let place = places["tunnel[\(index)].config"] ?? places["tunnel[\(index)].interface"] else { continue }
            guard let device = tunnel.device else {
                findings.error(
                    place, "the file's name is to be the device's: 1 to 15 of a-z A-Z 0-9 _ = + . - and \".conf\"",
                    hint: "such as /etc/wireguard/office.conf")
                continue
            }
            if let first = devices[device], !device.isEmpty {
                let line = (places["tunnel[\(first)].config"] ?? places.nearest(to: "tunnel[\(first)].interface")).line
                findings.error(place, "the device \(quoted(device)) is another tunnel's, at line \(line)")
            } else {
                devices[device] = index
            }
        }
    }
}
