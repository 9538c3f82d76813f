// SPDX-License-Identifier: MIT
import Daemon

/// `status` for people: one screen of 80 columns.
enum StatusText {
    static func lines(_ status: StatusReport) -> [String] {
        var rows = Rows()
        rows.add("listen", status.listeners.joined(separator: ", ") + "   by " + status.configuration)
        for tunnel in status.tunnels {
            let handshake = tunnel.handshake.map { "handshake \(Words.duration($0)) ago" } ?? "no handshake"
            rows.add(
                tunnel.inUse ? "tunnel  *" : "tunnel",
                Console.pad(tunnel.name, 12) + Console.pad(tunnel.interface, 10) + Console.pad(tunnel.state, 14) + handshake, always: true)
        }
        for path in status.paths {
            let servers = path.servers.isEmpty ? "no server" : path.servers.joined(separator: ", ")
            rows.add(
                "path",
                Console.pad(path.path, 12) + Console.pad(path.open ? "open" : "closed", 10) + Console.pad("\(path.asked) asked", 14)
                    + servers,
                always: true)
        }
        let sets = status.sets.filter { $0.elements > 0 }.map { "\($0.name) \($0.elements)" }
        rows.add("sets", sets.isEmpty ? "empty" : sets.joined(separator: "   "))
        rows.add("leases", leases(status.leases))
        rows.add(
            "rules",
            "\(status.rules.count) from " + (status.rules.files.isEmpty ? "no file" : status.rules.files.joined(separator: ", ")))
        for list in status.rules.lists {
            let state = list.kept.map { "; not the one on disk: \($0)" } ?? ""
            rows.add("list", "\(list.entries) \(list.kind) \(list.file)\(list.signed ? ", signed" : "")\(state)", always: true)
        }
        let questions = status.questions
        rows.add(
            "questions",
            "\(questions.total)   cached \(questions.cached)   refused \(questions.refused)   blocked \(questions.blocked)   local \(questions.local)"
        )
        if questions.guarded > 0 { rows.add("guarded", "\(Words.count(questions.guarded, "address", "addresses")) that no set may take") }
        if status.repairs > 0 { rows.add("repairs", "\(status.repairs)   " + repaired(status.repaired)) }
        if status.resolvConf.state != "not ours" { rows.add("resolv.conf", status.resolvConf.state) }
        if questions.commitFailures > 0 { rows.add("failures", "\(questions.commitFailures) addresses the kernel did not take") }
        for error in status.rules.rejected { rows.add("rejected", error) }
        return ["sluice  \(status.state)   up \(Words.duration(status.uptime))   pid \(status.pid)"] + rows.lines
    }

    private static func repaired(_ repaired: StatusReport.Repaired) -> String {
        let counts = [
            ("table", repaired.table), ("rules", repaired.rules), ("routes", repaired.routes), ("devices", repaired.links),
            ("resolv.conf", repaired.resolvConf),
        ]
        return counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: "   ")
    }

    private static func leases(_ leases: StatusReport.Leases) -> String {
        guard leases.addresses > 0 else { return "none" }
        var parts = ["\(Words.count(leases.addresses, "address", "addresses")) owed to \(Words.count(leases.owners, "name"))"]
        if leases.evicted > 0 { parts.append("\(Words.number(leases.evicted)) ended early, for want of room") }
        if leases.excess > 0 { parts.append("\(Words.number(leases.excess)) taken out of answers, for want of room") }
        return parts.joined(separator: "; ")
    }
}
