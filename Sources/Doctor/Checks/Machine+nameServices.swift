// SPDX-License-Identifier: MIT
import HostDNS
import Wire

/// What programs ask: /etc/resolv.conf, what glibc asks before it, and what caches lie between.
extension Machine {
    var resolvConfFindings: [Finding] {
        guard let servers = hostDNS.servers else {
            return [
                .problem(
                    .resolvConf, "/etc/resolv.conf cannot be read", meaning: "Programs then ask 127.0.0.1, if anybody.",
                    next: "ls -l /etc/resolv.conf; sudo sluice activate")
            ]
        }
        let own = Set(daemon.listeners.filter { $0.port == 53 }.map(\.address))
        let others = servers.filter { !own.contains($0.address) }
        let kind = self.kind
        let list = servers.map { Self.short($0) }.joined(separator: ", ")
        var findings: [Finding] = []
        switch (daemon.isRunning, servers.isEmpty, others.isEmpty) {
        case (true, false, true):
            findings.append(.ok(.resolvConf, "/etc/resolv.conf names \(list)\(kind)", meaning: "Programs ask Sluice."))
        case (true, true, _):
            findings.append(
                .problem(
                    .resolvConf, "/etc/resolv.conf names no server\(kind)",
                    meaning: "Programs ask 127.0.0.1, not Sluice.", next: "sudo sluice activate"))
        case (true, false, false):
            let isAmong = others.count < servers.count
            findings.append(
                .problem(
                    .resolvConf, "/etc/resolv.conf names \(list)\(kind)" + (isAmong ? ", not Sluice alone" : ", not Sluice"),
                    meaning: isAmong
                        ? "A program that waits too long asks the next server, past every rule."
                        : "Programs ask there: no rule has any effect on their lookups, or they are refused.", next: "sudo sluice activate")
            )
        case (false, false, true) where daemon.life == .absent && knows(.sockets) && !somebodyAnswers(own):
            findings.append(
                .problem(
                    .resolvConf, "/etc/resolv.conf names \(list), where nobody answers", meaning: "Every lookup of this machine fails.",
                    next: "sudo sluice run, or "
                        + (hostDNS.ownership.owner == .ours
                            ? "to have the former file back: sudo sluice repair" : "a 'nameserver' line in it with your network's own")))
        case (false, _, _):
            let text = servers.isEmpty ? "/etc/resolv.conf names no server\(kind)" : "/etc/resolv.conf names \(list)\(kind)"
            findings.append(.ok(.resolvConf, text, meaning: "As it was without Sluice. With the daemon running: sudo sluice activate."))
        }
        if let hindrance = hostDNS.ownership.hindrance?.explained("/etc/resolv.conf") {
            findings.append(
                .note(.resolvConf, hindrance.what, meaning: "Sluice can neither take it over nor give it back.", next: hindrance.hint))
        }
        return findings
    }

    /// Who keeps the file, and what it is if not simply a file: ` (kept by NetworkManager; a link to /run/…)`.
    private var kind: String {
        let ownership = hostDNS.ownership
        var words: [String] = []
        switch ownership.owner {
        case .nobody: break
        case .ours: words.append("Sluice's file")
        case .resolved, .networkManager, .resolvconf, .other: words.append("kept by \(ownership.owner)")
        }
        if case .link(let target) = hostDNS.look.entry { words.append((ownership.isBroken ? "a broken link to " : "a link to ") + target) }
        if hostDNS.look.isMountPoint { words.append("a mount of its own") }
        return words.isEmpty ? "" : " (" + words.joined(separator: "; ") + ")"
    }

    private func somebodyAnswers(_ own: Set<IPAddress>) -> Bool {
        holders.contains { holder in own.contains { holder.takes(Place($0, 53)) } }
    }

    private static func short(_ server: ServerAddress) -> String {
        "\(server.address)" + (server.zone.map { "%" + $0 } ?? "")
    }

    var nameServiceFindings: [Finding] {
        var findings: [Finding] = []
        let names = hostDNS.services.services.map(\.name)
        let beforeDNS = names.prefix { $0 != "dns" }
        let line = "hosts: " + names.joined(separator: " ")
        let resolved = processes.contains("systemd-resolve")
        let edit = "sudo sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf"
        switch hostDNS.services.verdict {
        case .resolvConf: break
        case .never:
            findings.append(
                .problem(
                    .nameServices, "programs never read resolv.conf (\(line))",
                    meaning: "What Sluice answers reaches only programs that ask it themselves.", next: edit))
        case .onlyWithout(let name):
            findings.append(asked(first: name, line, resolved: resolved, edit))
        case .after(let names):
            findings.append(asked(first: names.contains("resolve") ? "resolve" : names.first ?? "", line, resolved: resolved, edit))
        }
        if resolved, !names.contains("resolve") {
            findings.append(
                .note(
                    .nameServices, "systemd-resolved runs beside Sluice",
                    meaning:
                        "Programs that ask it by D-Bus or varlink go past Sluice; so does resolvectl query. Its own lookups are refused.",
                    next: "sudo systemctl disable --now systemd-resolved"))
        }
        if let mdns = beforeDNS.first(where: { $0.hasPrefix("mdns") }), processes.contains("avahi-daemon") {
            let isMinimal = mdns.hasSuffix("_minimal")
            findings.append(
                .note(
                    .nameServices, "\(mdns) is asked before dns, and Avahi runs",
                    meaning: "Names below .local are asked of the LAN by multicast"
                        + (isMinimal ? ", never of Sluice." : ", others too where mdns.allow says so."),
                    next: "getent hosts NAME.local    (shows who answers)"))
        }
        for (process, what, next) in [
            ("nscd", "nscd keeps answers", "sudo nscd -i hosts    (empties it; enable-cache hosts no in /etc/nscd.conf ends it)"),
            ("unscd", "unscd keeps answers", "sudo systemctl disable --now unscd"),
        ] where processes.contains(process) {
            findings.append(
                .note(
                    .nameServices, what,
                    meaning: "A name it has kept is not asked of Sluice: its address may be handed out longer than it is steered.",
                    next: next))
        }
        if findings.isEmpty { findings.append(.ok(.nameServices, line, meaning: "glibc comes to /etc/resolv.conf by it.")) }
        return findings
    }

    /// A service whose answers are not ours to decide, before `dns`.
    private func asked(first name: String, _ line: String, resolved: Bool, _ edit: String) -> Finding {
        guard name == "resolve" else {
            return .note(
                .nameServices, "\(name) is asked before dns (\(line))", meaning: "Names that it knows never come to Sluice.", next: edit)
        }
        // With the service away glibc goes on to the next.
        guard resolved else {
            return .note(
                .nameServices, "nsswitch.conf asks systemd-resolved first, which does not run (\(line))",
                meaning: "Nothing goes wrong until it is started; then it is asked before Sluice.", next: edit)
        }
        return .problem(
            .nameServices, "programs ask systemd-resolved before dns (\(line))",
            meaning: "It answers by its own servers: names never come to Sluice, and its lookups are refused while Sluice runs.", next: edit
        )
    }
}
