// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Wire

/// Which traffic takes which way, asked of the kernel itself.
extension Machine {
    var routeFindings: [Finding] {
        var findings = IPAddress.Family.allCases.flatMap(rows)
        if !defaults.contains(where: { $0.family == .v4 }), !defaults.contains(where: { $0.family == .v6 }) {
            findings.append(
                .note(
                    .routes, "there is no default gateway", meaning: "Nothing beyond the connected networks is reached outside a tunnel.",
                    next: "ip route; ip -6 route"))
        }
        return findings
    }

    private func rows(_ family: IPAddress.Family) -> [Finding] {
        guard let plain = way(family, 0) else { return [] }
        var findings: [Finding] = []
        if let everything = everythingElse(family, plain) { findings.append(everything) }
        // Without our rules a mark means nothing.
        guard rules.contains(where: { $0.isOurs && $0.family == family }) else { return findings }
        if let tunnel = tunnelRules(family) { findings.append(tunnel) }
        if let direct = directRules(family, plain) { findings.append(direct) }
        return findings
    }

    private func way(_ family: IPAddress.Family, _ mark: UInt32) -> Way? { ways.first { $0.family == family && $0.mark == mark } }

    /// Names and addresses without a rule.
    private func everythingElse(_ family: IPAddress.Family, _ plain: Way) -> Finding? {
        let what = "everything else \(family.word)"
        if daemon.isRunning, daemon.defaultIsTunnel {
            switch daemon.state {
            case .connected:
                guard let way = way(family, Path.tunnel.mark) else { return nil }
                return .ok(
                    .routes, "\(what) → \(tunnelHas(family) ? Self.text(way) : "refused: the tunnel has no \(family.word) address")",
                    meaning: "[routing] default = \"tunnel\".")
            case .disconnected: break
            case .connecting, .disconnecting, .error:
                return .ok(
                    .routes, "\(what) → refused while the tunnel is \(daemon.state.rawValue)", meaning: "[routing] default = \"tunnel\".")
            }
        }
        if !daemon.isRunning, daemon.life != .absent, daemon.defaultIsTunnel {
            return .ok(
                .routes, "\(what) → the tunnel, or nowhere while that is not connected",
                meaning: "[routing] default = \"tunnel\"; the daemon does not tell more.")
        }
        // What main would send into a tunnel of ours goes outside all the same: only what rules name enters it.
        let isOurs = plain.interface.map(daemon.devices.contains) ?? false
        let way = daemon.isRunning && isOurs ? self.way(family, Path.outside.mark) ?? plain : plain
        guard way.interface != nil else {
            return .ok(.routes, "\(what) → nowhere: no default route", meaning: "Nothing of this family leaves the connected networks.")
        }
        let others = defaults.filter { $0.family == family && $0.interface != way.interface }.map(\.interface)
        let also = others.isEmpty ? "" : "; other gateways: " + others.joined(separator: ", ")
        return .ok(.routes, "\(what) → \(Self.text(way))\(also)", meaning: "The way of what no rule names.")
    }

    private func tunnelRules(_ family: IPAddress.Family) -> Finding? {
        guard let way = way(family, Path.tunnel.mark) else { return nil }
        let what = "tunnel rules \(family.word)"
        guard let interface = way.interface else {
            guard daemon.isRunning, daemon.state == .connected, tunnelHas(family) else {
                return .ok(.routes, "\(what) → refused", meaning: "No tunnel takes it now, and nothing of it goes another way.")
            }
            return .problem(
                .routes, "\(what) → nowhere, though the tunnel is connected", meaning: "What tunnel rules name is not reached.",
                next: "ip route show table 5151; sudo sluice repair")
        }
        if daemon.devices.contains(interface) {
            return .ok(.routes, "\(what) → \(Self.text(way))", meaning: "What tunnel rules name enters the tunnel.")
        }
        // A daemon that does not tell names no devices.
        if !daemon.isRunning, daemon.devices.isEmpty { return nil }
        return .problem(
            .routes, "\(what) → \(Self.text(way)), outside the tunnel",
            meaning: "A rule before Sluice's own takes it. Sluice's guard drops these packets: what tunnel rules name is not reached.",
            next: "\(family == .v4 ? "ip rule" : "ip -6 rule")    (look above those of protocol 83)")
    }

    private func directRules(_ family: IPAddress.Family, _ plain: Way) -> Finding? {
        guard let way = way(family, Path.outside.mark) else { return nil }
        let what = "direct rules \(family.word)"
        let route = family == .v4 ? "ip route" : "ip -6 route"
        guard let interface = way.interface else {
            guard plain.interface != nil, !daemon.devices.contains(plain.interface ?? "") else { return nil }
            return .problem(
                .routes, "\(what) → nowhere, though there is a default route",
                meaning: "Table 5152, the copy of main without tunnels, is not what it should be.",
                next: "\(route) show table 5152; sudo sluice repair")
        }
        if daemon.devices.contains(interface) {
            return .problem(
                .routes, "\(what) → \(Self.text(way)), in the tunnel",
                meaning: "What is to go outside enters the tunnel.", next: "\(route) show table 5152")
        }
        return .ok(.routes, "\(what) → \(Self.text(way))", meaning: "What direct rules name goes outside.")
    }

    /// Whether the tunnel in use has an address of this family that is not link-local.
    func tunnelHas(_ family: IPAddress.Family) -> Bool {
        guard let tunnel = daemon.tunnelInUse, let link = interfaces.first(where: { $0.name == tunnel.interface }) else { return false }
        return link.addresses.contains { $0.family == family && !$0.isLinkLocal }
    }

    private static func text(_ way: Way) -> String {
        (way.interface ?? "nowhere") + (way.gateway.map { " via \($0)" } ?? "")
    }

    /// What becomes of IPv6, where the tunnel may have none.
    var ipv6Findings: [Finding] {
        let outside = interfaces.filter { !daemon.devices.contains($0.name) && $0.addresses.contains { $0.family == .v6 && $0.isGlobal } }
        let hasDefault = defaults.contains { $0.family == .v6 && !daemon.devices.contains($0.interface) }
        let names = outside.map(\.name).joined(separator: ", ")
        guard daemon.isRunning, daemon.tunnelInUse != nil else {
            if !hasDefault { return [.ok(.ipv6, "no IPv6 default route outside", meaning: "IPv6 leaves this machine by no gateway.")] }
            return [
                .ok(
                    .ipv6,
                    "IPv6 outside" + (names.isEmpty ? "" : " (\(names))")
                        + (daemon.isRunning || daemon.life == .absent
                            ? ", no tunnel in use" : "; whether a tunnel carries it, the daemon does not tell"),
                    meaning: "It goes as main routes it.")
            ]
        }
        let device = daemon.tunnelInUse?.interface ?? ""
        if tunnelHas(.v6) {
            return [
                .ok(
                    .ipv6, "the tunnel \(device) carries IPv6" + (hasDefault ? "" : "; outside there is none"),
                    meaning: "IPv6 addresses of tunnel names go in the tunnel, as IPv4 does.")
            ]
        }
        let meaning =
            "Their IPv6 addresses are rejected, so that nothing leaks"
            + (daemon.defaultIsTunnel ? "; all other IPv6 is rejected too." : hasDefault ? "; other IPv6 goes outside." : ".")
        let text = "\(device) has no IPv6 address: tunnel names are answered without AAAA"
        guard hasDefault else { return [.ok(.ipv6, text, meaning: meaning)] }
        return [
            .note(
                .ipv6, text, meaning: meaning,
                next: "ip -6 addr show dev \(device)    (a provider with IPv6 puts it on Address = of the tunnel's file)")
        ]
    }
}
