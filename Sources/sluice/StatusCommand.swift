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
        if output.json { try Console.show(json: status) } else { print(StatusText.lines(status).joined(separator: "\n")) }
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
                    rules: reload.rules, errors: reload.errors, kept: reload.kept, difference: reload.difference))
        } else if reload.errors.isEmpty {
            let rules = "\(reload.rules) rules" + (reload.difference.map { ": \($0.text)" } ?? "")
            let count = reload.kept.count
            print(count == 0 ? "reloaded: " + rules : "reloaded, but \(Words.count(count, "list was", "lists were")) not taken: " + rules)
            for text in reload.kept { Console.complain("sluice: \(text)") }
        } else {
            Console.complain(reload.errors.joined(separator: "\n") + "\nnot reloaded: the old configuration stays in force")
        }
        if !reload.errors.isEmpty || !reload.kept.isEmpty { throw Console.problemFound }
    }
}
