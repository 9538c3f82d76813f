// SPDX-License-Identifier: MIT
import Daemon

/// `status` for people: one screen of 80 columns.
enum StatusText {
    static func lines(_ status: StatusReport) -> [String] {
        var rows = Rows()
        let kept = status.rules.lists.filter { $0.kept != nil }
        for error in status.rules.rejected { rows.add("rejected", error) }
        for list in kept {
            rows.add("kept", "\(list.file): not taken: \(list.kept ?? ""); its last good version is in force", always: true)
        }
        let problems = (status.rules.rejected.isEmpty ? 0 : 1) + kept.count
        rows.add("listen", status.listeners.joined(separator: ", ") + "   by " + status.configuration)
        for tunnel in status.tunnels {
            rows.add(
                tunnel.inUse ? "tunnel  *" : "tunnel",
                Console.pad(tunnel.name, 12) + Console.pad(tunnel.interface, 10) + Console.pad(tunnel.state, 12)
                    + TunnelText.health(tunnel),
                always: true)
            if tunnel.hasInterface { for text in TunnelText.rest(tunnel) { rows.add("", text, always: true) } }
        }
        for path in status.paths {
            let servers = path.servers.isEmpty ? "no server" : path.servers.joined(separator: ", ")
            rows.add(
                "path",
                Console.pad(path.path, 12) + Console.pad(path.open ? "open" : "closed", 10) + Console.pad("\(path.asked) asked", 14)
                    + servers,
                always: true)
        }
        for trouble in status.troubles { rows.add("trouble", "\(trouble.server), \(trouble.path): \(trouble.text)", always: true) }
        let sets = status.sets.filter { $0.elements > 0 }.map { "\($0.name) \($0.elements)" }
        rows.add("sets", sets.isEmpty ? "empty" : sets.joined(separator: "   "))
        rows.add("leases", leases(status.leases))
        rows.add(
            "rules",
            "\(status.rules.count) from " + (status.rules.files.isEmpty ? "no file" : status.rules.files.joined(separator: ", ")))
        for list in status.rules.lists {
            let state = list.kept == nil ? "" : "; an older version"
            rows.add("list", "\(list.entries) \(list.kind) \(list.file)\(list.signed ? " (signed)" : "")\(state)", always: true)
        }
        let questions = status.questions
        rows.add(
            "questions",
            "\(questions.total)   cached \(questions.cached)   refused \(questions.refused)   blocked \(questions.blocked)   local \(questions.local)"
        )
        if questions.stale > 0 { rows.add("stale", "\(questions.stale) answers given after their time: no server gave a newer one") }
        for text in late(status.late) { rows.add("late", text) }
        for text in withheld(questions) { rows.add("left out", text) }
        if let nat64 = status.nat64 { rows.add("nat64", "this network translates by \(nat64)") }
        if status.repairs > 0 { rows.add("repairs", "\(status.repairs)   " + repaired(status.repaired)) }
        if status.resolvConf.state != "not ours" { rows.add("resolv.conf", status.resolvConf.state) }
        if questions.commitFailures > 0 { rows.add("failures", "\(questions.commitFailures) addresses the kernel did not take") }
        return [
            "sluice  \(status.state)\(problems > 0 ? ", " + Words.count(problems, "problem") : "")   up \(Words.duration(status.uptime))   pid \(status.pid)"
        ] + rows.lines
    }

    private static func repaired(_ repaired: StatusReport.Repaired) -> String {
        let counts = [
            ("table", repaired.table), ("rules", repaired.rules), ("routes", repaired.routes), ("devices", repaired.links),
            ("resolv.conf", repaired.resolvConf),
        ]
        return counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: "   ")
    }

    /// Until when a client with a warm cache may still go where it went before a rule came.
    private static func late(_ late: StatusReport.Late) -> [String] {
        var lines: [String] = []
        if late.names > 0 {
            lines.append(
                "\(Words.count(late.names, "name")) that clients knew before the rule came may take the old way \(Words.duration(late.seconds)) more"
            )
        }
        if late.forgotten > 0 { lines.append("some that are not remembered, too: \(Words.duration(late.forgotten)) more") }
        if late.before > 0 {
            lines.append(
                "programs that were running before Sluice may use addresses they looked up then, past its rules, for up to "
                    + "\(Words.duration(late.before)) more: restart them, or flush their caches")
        }
        return lines
    }

    /// Addresses that were taken out of answers.
    private static func withheld(_ questions: StatusReport.Questions) -> [String] {
        let kinds = questions.guardedBy.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
        let counts = [
            (questions.guarded, "that no rule may own: " + kinds.joined(separator: ", ")),
            (questions.rebinding, "of this machine and its networks, for names without a rule"),
            (questions.narrowed, "that the tunnel owns already"),
            (questions.excess, "for want of room"),
        ]
        return counts.filter { $0.0 > 0 }.map { "\(Words.count($0.0, "address", "addresses")) \($0.1)" }
    }

    private static func leases(_ leases: StatusReport.Leases) -> String {
        guard leases.addresses > 0 else { return "none" }
        var parts = ["\(Words.count(leases.addresses, "address", "addresses")) owed to \(Words.count(leases.owners, "name"))"]
        if leases.conflicts > 0 { parts.append("\(Words.count(leases.conflicts, "conflict")): sluice conflicts") }
        if leases.evicted > 0 { parts.append("\(Words.number(leases.evicted)) ended early, for want of room") }
        return parts.joined(separator: "; ")
    }
}
