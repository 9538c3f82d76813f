// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "The running daemon on one screen: tunnels, paths, sets, rules.")

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let status = try source.ask(ControlRequest(.status), for: \.status)
        if output.json { try Console.show(json: status) } else { print(StatusText.lines(status)) }
    }
}

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Reads configuration and rules again; with any error in them the old ones stay in force.",
        discussion:
            "Of an included list that is broken, the last good version stays in force, with all else new. Ends with 2 in both cases.")

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let reload = try source.ask(ControlRequest(.reload), for: \.reload)
        if output.json {
            struct View: Encodable {
                let schema = 1
                let rules: Int
                let errors: [String]
                let kept: [String]
                @OrNull var difference: ControlReply.Difference?
            }
            try Console.show(
                json: View(
                    rules: reload.rules, errors: reload.errors, kept: reload.kept, difference: OrNull(wrappedValue: reload.difference)))
        } else if reload.errors.isEmpty {
            print("reloaded: \(reload.rules) rules" + (reload.difference.map { ": \($0.text)" } ?? ""))
            for text in reload.kept { Console.complain("sluice: \(text)") }
        } else {
            Console.complain(reload.errors.joined(separator: "\n") + "\nnot reloaded: the old configuration stays in force")
        }
        if !reload.errors.isEmpty || !reload.kept.isEmpty { throw Console.problemFound }
    }
}

/// `status` for people.
enum StatusText {
    static func lines(_ status: StatusReport) -> String {
        var lines = ["sluice  \(status.state)   up \(duration(status.uptime))   pid \(status.pid)"]
        lines.append("  listen    " + status.listeners.joined(separator: ", ") + "   by " + status.configuration)
        for tunnel in status.tunnels {
            let handshake = tunnel.handshake.map { "handshake \($0) s ago" } ?? "no handshake"
            let mark = tunnel.inUse ? "*" : " "
            lines.append(
                "  tunnel  \(mark) " + Console.pad(tunnel.name, 12) + Console.pad(tunnel.interface, 10) + Console.pad(tunnel.state, 14)
                    + handshake)
        }
        for path in status.paths {
            let servers = path.servers.isEmpty ? "no server" : path.servers.joined(separator: ", ")
            lines.append(
                "  path      " + Console.pad(path.path, 12) + Console.pad(path.open ? "open" : "closed", 10)
                    + Console.pad("\(path.asked) asked", 14) + servers)
        }
        let sets = status.sets.filter { $0.elements > 0 }.map { "\($0.name) \($0.elements)" }
        lines.append("  sets      " + (sets.isEmpty ? "empty" : sets.joined(separator: "   ")))
        lines.append(
            "  rules     \(status.rules.count) from "
                + (status.rules.files.isEmpty ? "no file" : status.rules.files.joined(separator: ", ")))
        for list in status.rules.lists {
            let state = list.kept.map { "   not taken: \($0); the last good version is in force" } ?? ""
            lines.append(
                "  list      " + Console.pad("\(list.entries)", 10) + "\(list.kind) \(list.file)\(list.signed ? " (signed)" : "")\(state)")
        }
        let questions = status.questions
        lines.append(
            "  questions \(questions.total)   cached \(questions.cached)   refused \(questions.refused)   blocked \(questions.blocked)   local \(questions.local)"
        )
        let repaired = [
            ("table", status.repaired.table), ("rules", status.repaired.rules), ("routes", status.repaired.routes),
            ("devices", status.repaired.links),
            ("resolv.conf", status.repaired.resolvConf),
        ]
        if status.repairs > 0 {
            lines.append(
                "  repairs   \(status.repairs)   " + repaired.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: "   "))
        }
        if status.resolvConf.state != "not ours" { lines.append("  resolv.conf " + status.resolvConf.state) }
        if questions.commitFailures > 0 { lines.append("  failures  \(questions.commitFailures) addresses the kernel did not take") }
        let removed = [
            ("no set takes", questions.guarded), ("lead inside", questions.rebinding), ("are owed to the tunnel", questions.narrowed),
        ]
        if removed.contains(where: { $0.1 > 0 }) {
            lines.append("  left out  " + removed.filter { $0.1 > 0 }.map { "\($0.1) addresses that \($0.0)" }.joined(separator: "   "))
        }
        if status.late.names > 0 {
            lines.append(
                "  late      \(status.late.names) names that clients still know the old way to, for \(Self.duration(status.late.seconds))")
        }
        if status.late.forgotten > 0 {
            lines.append("  late      names no longer known, for \(Self.duration(status.late.forgotten))")
        }
        if let prefix = status.nat64 { lines.append("  nat64     \(prefix)") }
        lines += status.rules.rejected.map { "  rejected  " + $0 }
        return lines.joined(separator: "\n")
    }

    private static func duration(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}
