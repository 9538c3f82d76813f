// SPDX-License-Identifier: MIT
import Policy

/// Other packet filters. Ours refuses what must not leave whatever they accept; but they can turn, drop or unmark what should.
extension Machine {
    var firewallFindings: [Finding] {
        guard let tables else { return [] }
        var findings = tables.flatMap(judged) + services
        if !findings.contains(where: { $0.severity != .ok }) {
            findings.append(
                .ok(
                    .firewall,
                    tables.isEmpty
                        ? "no table but ours" : "\(tables.count) other \(tables.count == 1 ? "table" : "tables"), none against ours",
                    meaning: "No other packet filter turns, drops or marks what Sluice steers."))
        }
        return findings
    }

    private func judged(_ table: FirewallTable) -> [Finding] {
        var findings: [Finding] = []
        for chain in table.chains {
            guard let hook = chain.hook else { continue }
            if hook.drops, hook.point == .output || hook.point == .postrouting {
                findings.append(
                    .note(
                        .firewall, "table \(table.name) drops in \(hook.point.rawValue) what it does not name",
                        meaning: "Sluice's lookups and its tunnels leave only if a rule there accepts them.", next: table.command))
            }
            for (rule, isAboutDNS, isNarrower) in table.reached(from: chain) where !rule.isAboutOthers {
                findings += rule.effects.compactMap {
                    judged($0, rule, hook, table, isAboutDNS: isAboutDNS, isNarrower: isNarrower)
                }
            }
        }
        // Many rules of one kind are one thing to know.
        var seen: Set<Finding> = []
        return findings.filter { seen.insert($0).inserted }
    }

    private func judged(
        _ effect: FirewallRule.Effect, _ rule: FirewallRule, _ hook: FirewallTable.Hook, _ table: FirewallTable, isAboutDNS: Bool,
        isNarrower: Bool
    ) -> Finding? {
        let name = "table \(table.name)"
        let place = hook.point.rawValue
        let leaves = hook.point == .output || hook.point == .postrouting
        let ours = Path.markMask
        switch effect {
        case .turns(let target):
            guard isAboutDNS, hook.point == .output || hook.point == .prerouting else { return nil }
            if leaves {
                return .problem(
                    .firewall, "\(name) turns this machine's port 53: \(target)",
                    meaning: "Lookups, Sluice's own among them, end elsewhere than rules say.", next: table.command)
            }
            return .note(
                .firewall, "\(name) turns other machines' port 53: \(target)",
                meaning: "Machines behind this one are answered there, not by Sluice.", next: table.command)
        case .refuses:
            guard isAboutDNS, hook.point != .input, hook.point != .ingress else { return nil }
            if leaves, !isNarrower {
                return .problem(
                    .firewall, "\(name) refuses port 53 in \(place)",
                    meaning: "Sluice's own lookups are refused too.", next: table.command)
            }
            return .note(
                .firewall, "\(name) refuses some of port 53 in \(place)",
                meaning: "If Sluice's servers are among what it names, they are not reached.", next: table.command)
        case .accepts:
            guard isAboutDNS, hook.point != .input, hook.point != .ingress else { return nil }
            return .note(
                .firewall, "\(name) accepts port 53 in \(place)",
                meaning: "It has no effect while Sluice runs: accepting ends that table only, and ours still refuses other programs' DNS.",
                next: table.command)
        case .marks(let bits):
            guard bits & ours != 0, hook.point != .input else { return nil }
            if hook.point == .output, !isNarrower {
                return .problem(
                    .firewall, "\(name) overwrites packet marks under 0xff000000",
                    meaning: "Those bits tell Sluice's paths apart: what it steers goes as unmarked traffic does, or is dropped.",
                    next: table.command)
            }
            return .note(
                .firewall, "\(name) writes packet marks under 0xff000000 in \(place)",
                meaning: "Those bits tell Sluice's paths apart: packets that this rule fits may be dropped by Sluice's guard.",
                next: table.command)
        case .marksFlow(let bits):
            guard bits & ours != 0 else { return nil }
            return .note(
                .firewall, "\(name) writes connection marks under 0xff000000 in \(place)",
                meaning: "Connections that this rule fits forget the path they began on; Sluice then decides anew for each packet.",
                next: table.command)
        case .restoresMark:
            guard !isNarrower, hook.point == .output, hook.priority > Self.ourPriority else { return nil }
            return .problem(
                .firewall, "\(name) puts connection marks over packet marks in \(place)",
                meaning: "What Sluice steers then carries another mark than its path's.", next: table.command)
        case .untracks:
            return .note(
                .firewall, "\(name) takes packets out of connection tracking",
                meaning: "Such connections have no mark: each of their packets is decided anew, and replies may go another way.",
                next: table.command)
        case .offloads:
            return .note(
                .firewall, "\(name) lets forwarded connections pass round all further rules",
                meaning: "Sluice's guard does not see their packets once they are in the flow table.", next: table.command)
        case .filtersReversePath(let withMark):
            guard hook.point == .prerouting else { return nil }
            if withMark, hook.priority > Self.ourPriority { return nil }
            return .problem(
                .firewall, "\(name) filters the reverse path without Sluice's mark",
                meaning: "Replies from the tunnel come in by another interface than it expects, and are dropped.",
                next: table.name.hasSuffix("firewalld")
                    ? "sudo sed -i 's/^IPv6_rpfilter=.*/IPv6_rpfilter=loose/' /etc/firewalld/firewalld.conf && sudo systemctl restart firewalld"
                    : table.command)
        }
    }

    /// NF_IP_PRI_MANGLE: where ours marks.
    private static let ourPriority = -150

    private var services: [Finding] {
        var findings: [Finding] = []
        if processes.contains("firewalld") {
            findings.append(
                .ok(.firewall, "firewalld runs", meaning: "Its accepting is not ours to undo, and its table stands beside ours."))
        }
        if ufwEnabled {
            findings.append(.ok(.firewall, "ufw is on", meaning: "Its rules stand beside ours; what they drop stays dropped."))
        }
        if processes.contains("dockerd"), !dockerNamesServers, knows(.names), hostDNS.namesLoopbackOnly {
            findings.append(
                .note(
                    .firewall, "Docker cannot hand 127.0.0.53 to containers",
                    meaning: "It leaves loopback servers out of their resolv.conf and names public ones, whose port 53 Sluice refuses.",
                    next: "name the bridge in [dns] listen, \"172.17.0.1:53\", and in /etc/docker/daemon.json: {\"dns\": [\"172.17.0.1\"]}")
            )
        }
        return findings
    }
}
