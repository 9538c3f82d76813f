// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Wire

/// Routing rules of others, and the VPNs that put them there.
extension Machine {
    var routingRuleFindings: [Finding] {
        let foreign = rules.filter { !$0.isOurs && !$0.isTheKernels }
        var findings: [Finding] = []
        for rule in foreign {
            let mark = rule.mark ?? (0, 0)
            let first = rules.filter { $0.isOurs && $0.family == rule.family }.map(\.priority).min() ?? Self.ourFirst
            let last = rules.filter { $0.isOurs && $0.family == rule.family && $0.priority < 32_766 }.map(\.priority).max() ?? Self.ourLast
            let marks = Self.ours.filter { rule.mayFit(mark: $0.mark, known: Path.markMask) }
            if rule.priority <= last, !marks.isEmpty {
                let place = rule.priority < first ? "comes before" : "stands among"
                let text = "\(rule.family.word) rule \"\(rule.text)\" \(place) ours"
                let what = Path.allCases.filter { path in marks.contains { $0.path == path } }.map(\.rawValue).joined(separator: ", ")
                let delete = "sudo ip \(rule.family == .v4 ? "" : "-6 ")rule del pref \(rule.priority)"
                findings.append(
                    !marks.contains { rule.fitsAll(mark: $0.mark) }
                        ? .note(
                            .routingRules, text, meaning: "It may take packets that Sluice has marked (\(what)) another way.",
                            next: rule.command)
                        : .problem(
                            .routingRules, text,
                            meaning: "It takes packets that Sluice has marked (\(what)) another way: some are dropped, some go wrong.",
                            next: "\(delete)    (if nobody needs it)"))
            } else if mark.value & Path.markMask != 0 {
                findings.append(
                    .note(
                        .routingRules, "\(rule.family.word) rule \"\(rule.text)\" uses a mark of ours",
                        meaning:
                            "Marks under 0xff000000 are Sluice's; it clears them from sockets of other users, so that the rule no longer fits.",
                        next: rule.command))
            }
        }
        if findings.isEmpty {
            findings.append(
                .ok(
                    .routingRules,
                    foreign.isEmpty ? "no rule but ours and the kernel's" : "none of \(foreign.count) foreign rules stands before ours",
                    meaning: "What Sluice marks is routed by its own rules."))
        }
        return findings
    }

    /// Where ours stand when nobody is before them (Kernel's `RoutingRule.usual`).
    private static let ourFirst: UInt32 = 10_000
    private static let ourLast: UInt32 = 10_035
    /// What our marks mean.
    private static let ours = Path.allCases.map { (mark: $0.mark, path: $0) } + Node.first(Node.most).map { (mark: $0.mark, path: .tunnel) }

    /// VPNs that somebody else keeps, by what they leave in rules and links.
    var otherTunnelFindings: [Finding] {
        var findings: [Finding] = []
        let foreign = rules.filter { !$0.isOurs && !$0.isTheKernels }
        // wg-quick(8): everything without the device's own mark, by a table of the same number.
        for rule in foreign where rule.family == .v4 || !foreign.contains(where: { $0.family == .v4 && $0.action == rule.action }) {
            guard rule.inverted, let mark = rule.mark, case .lookup(let table) = rule.action,
                mark.value == table, mark.value != Self.mullvad
            else { continue }
            // wireguard-go makes a device of kind "tun".
            let device = ["wireguard", "tun"].compactMap { kind in
                interfaces.first { $0.kind == kind && !daemon.devices.contains($0.name) }?.name
            }.first
            if let device {
                findings.append(
                    .note(
                        .otherTunnels, "wg-quick's default route is in force: table \(table), \(device)",
                        meaning:
                            "What no rule of Sluice's names goes into that tunnel; direct rules and Sluice's own lookups go outside it.",
                        next: "sudo wg-quick down \(device)    (or name it in a [[tunnel]]: interface = \"\(device)\")"))
            } else {
                findings.append(
                    .note(
                        .otherTunnels, "a default route as wg-quick makes it is in force: table \(table)",
                        meaning:
                            "What no rule of Sluice's names goes where that table says; direct rules and Sluice's own lookups go outside it.",
                        next: "ip route show table \(table)"))
            }
        }
        if foreign.contains(where: { $0.action == .lookup(52) }) || interfaces.contains(where: { $0.name.hasPrefix("tailscale") }) {
            findings.append(
                .note(
                    .otherTunnels, "Tailscale is here (table 52, marks 0xff0000)",
                    meaning: "Its marks do not touch Sluice's. Its MagicDNS, 100.100.100.100, is refused to programs while Sluice runs.",
                    next: "direct ts.net via 100.100.100.100    (as a rule, for its names)"))
        }
        if processes.contains("mullvad-daemon") || foreign.contains(where: { $0.mark?.value == Self.mullvad }) {
            findings.append(
                .problem(
                    .otherTunnels, "Mullvad's daemon keeps rules and a firewall of its own",
                    meaning: "Its mark 0x6d6f6c65 uses Sluice's bits, and it refuses DNS that does not go through it.",
                    next: "mullvad disconnect"))
        }
        let known = Set(findings.flatMap { finding in interfaces.map(\.name).filter { finding.text.contains($0) } })
        let others = interfaces.filter { ($0.kind == "wireguard" || $0.kind == "tun") && !daemon.devices.contains($0.name) }
            .map(\.name).filter { !known.contains($0) && !$0.hasPrefix("tailscale") }
        if !others.isEmpty {
            findings.append(
                .ok(
                    .otherTunnels, "other tunnel devices: \(others.joined(separator: ", "))",
                    meaning: "Sluice leaves them alone; what is routed into them goes there, unless a rule of Sluice's names it."))
        }
        return findings.isEmpty ? [.ok(.otherTunnels, "none", meaning: "No VPN but Sluice's tunnels.")] : findings
    }

    private static let mullvad: UInt32 = 0x6D6F_6C65
}

extension PolicyRule {
    /// The three that are always there: local, main and default.
    fileprivate var isTheKernels: Bool {
        guard mark == nil, !isNarrower, suppressed == nil else { return false }
        return [0: 255, 32766: 254, 32767: 253].contains { priority == $0.key && action == .lookup($0.value) }
    }
}
