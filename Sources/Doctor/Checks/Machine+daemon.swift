// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Wire

extension Machine {
    /// Whether it runs, and whether what it keeps in the kernel is there.
    var daemonFindings: [Finding] {
        switch daemon.life {
        case .running: [running] + missing
        case .absent: hasTraces ? [dead] : [absent]
        case .notPermitted:
            [
                .note(
                    .daemon, "a daemon runs, and does not tell you", meaning: "Its socket is for root and the group that [control] names.",
                    next: "sudo sluice doctor")
            ]
        case .silent(let why):
            [
                .problem(
                    .daemon, "the daemon does not answer: \(why)",
                    meaning: "Lookups may go unanswered; what it steered stays as it was.", next: "journalctl -u sluice -n 50")
            ]
        }
    }

    private var running: Finding {
        let version = daemon.version.isEmpty ? "" : " \(daemon.version)"
        let repairs = daemon.repairs == 0 ? "" : ", \(daemon.repairs) \(daemon.repairs == 1 ? "repair" : "repairs")"
        let text = "sluice\(version) runs (pid \(daemon.pid ?? 0)), \(daemon.state.rawValue)\(repairs)"
        switch daemon.state {
        case .connected:
            if daemon.repairs > 0 {
                return .note(
                    .daemon, text, meaning: "Another program changed what Sluice keeps in the kernel, and it was put back.",
                    next: "sluice monitor    (shows changes as they happen)")
            }
            return .ok(.daemon, text, meaning: "Names and traffic take the way that rules say.")
        case .disconnected:
            return daemon.tunnels.isEmpty
                ? .note(
                    .daemon, text + ": no tunnel is configured", meaning: "What tunnel rules name is refused.",
                    next: "add a [[tunnel]] to \(daemon.configuration), then: sudo sluice reload")
                : .note(.daemon, text + " on purpose", meaning: "What tunnel rules name is refused.", next: "sudo sluice up")
        case .connecting, .disconnecting, .error:
            let missing = daemon.tunnels.map(\.interface).filter { device in
                !interfaces.isEmpty && !interfaces.contains { $0.name == device }
            }
            return .problem(
                .daemon, text + (missing.isEmpty ? "" : "; there is no device \(missing.joined(separator: ", "))"),
                meaning: "What belongs in the tunnel is refused until it is connected; nothing of it goes elsewhere.",
                next: missing.isEmpty ? "sluice status" : "sudo wg-quick up \(missing[0]), or 'config =' with its file in [[tunnel]]")
        }
    }

    /// What should stand while the daemon runs; it mends such things by itself within a second.
    private var missing: [Finding] {
        var findings: [Finding] = []
        if !daemon.hasSystemServer {
            findings.append(
                .problem(
                    .daemon, "no server is known outside the tunnel",
                    meaning: "Names that do not go in the tunnel get SERVFAIL: neither DHCP nor the configuration names a server.",
                    next: "system_servers = [\"192.168.1.1\"] under [dns] in \(daemon.configuration), then: sudo sluice reload"))
        }
        if daemon.letsForeignLookupsGo {
            findings.append(
                .note(
                    .daemon, "foreign = \"allow\": programs may ask other servers by themselves",
                    meaning: "Such lookups, those of tunnel names included, leave as they are, and no rule applies to them.",
                    next: "foreign = \"reject\" under [dns] in \(daemon.configuration), then: sudo sluice reload"))
        }
        if hasOurTable == false {
            findings.append(
                .problem(
                    .daemon, "table inet sluice is not there", meaning: "Nothing steers or refuses anything now.",
                    next: "sudo sluice doctor    (again; the daemon mends it within a second)"))
        }
        if hasOurTable == true, hasGuard == false {
            findings.append(
                .note(
                    .daemon, "table inet sluice_guard is not there",
                    meaning: "If another program flushes all tables, nothing holds tunnel addresses back until ours is built again.",
                    next: "journalctl -u sluice -n 50    (says why; the kernel must know the flag owner, from 5.12)"))
        }
        for family in families where Path.allCases.contains(where: { path in !rules.contains { $0.isOurs(for: path, family) } }) {
            findings.append(
                .problem(
                    .daemon, "\(family.word) rules of ours are missing in ip rule",
                    meaning: "Marked packets fall through to main, where Sluice's guard drops those of the tunnel.",
                    next: "sudo sluice doctor    (again; the daemon mends it within a second)"))
        }
        return findings
    }

    /// Families that have routing rules at all.
    private var families: [IPAddress.Family] { IPAddress.Family.allCases.filter { family in rules.contains { $0.family == family } } }

    /// A daemon left them: they hold what must not leave.
    var hasTraces: Bool { hasOurTable == true || rules.contains(where: \.isOurs) }

    private var dead: Finding {
        .problem(
            .daemon, "no daemon runs, but its rules stand",
            meaning: "It was killed, or blocks on purpose. Tunnel addresses stay closed, and nobody answers lookups.",
            next: "sudo sluice run")
    }

    private var absent: Finding {
        .note(
            .daemon, "no daemon runs", meaning: "Every name is looked up as if there were no Sluice.",
            next: daemon.errors.isEmpty ? "sudo sluice run" : "sluice check")
    }

    /// What `check` says, in one line.
    var configurationFindings: [Finding] {
        let file = daemon.configuration
        let check = "sluice check \(file)"
        if !daemon.configurationIsThere {
            return [
                .note(
                    .configuration, "there is no \(file)", meaning: "Every key has its default: no tunnel, no rules.",
                    next: "sudoedit \(file)    (README shows what most people need)")
            ]
        }
        if let first = daemon.errors.first {
            let count = daemon.errors.count == 1 ? "1 error" : "\(daemon.errors.count) errors"
            return [
                .problem(
                    .configuration, "\(file): \(count), the first: \(first)",
                    meaning: daemon.isRunning ? "The daemon goes on with what it read before." : "The daemon cannot start.", next: check)
            ]
        }
        if let first = daemon.unreadable.first {
            return [
                .note(.configuration, "\(first): you may not read it", meaning: "What it says was not checked.", next: "sudo \(check)")
            ]
        }
        if let first = daemon.warnings.first {
            let count = daemon.warnings.count == 1 ? "1 warning" : "\(daemon.warnings.count) warnings"
            return [
                .note(.configuration, "\(file): \(count), the first: \(first)", meaning: "It works, perhaps not as meant.", next: check)
            ]
        }
        return [.ok(.configuration, "\(file) and all it names: no error", meaning: "sluice check says the same.")]
    }
}

extension IPAddress.Family {
    var word: String { self == .v4 ? "IPv4" : "IPv6" }
}
