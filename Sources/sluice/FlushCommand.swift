// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon
import Wire

struct FlushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush", abstract: "Forgets cached answers: all, or those for a name and what is below it.",
        discussion: "What rules own stays theirs until its time is over: see 'sluice leases'. For root and the group of [control].")

    @Argument(help: "The name.", transform: NameArgument.parse)
    var name: Name?

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    private struct View: Encodable {
        let schema = 1
        let answers: Int
        let leases: Int
    }

    func run() throws {
        let done = try source.ask(ControlRequest(.flush, name: name.map { "\($0)" }), for: \.flush)
        if output.json { return try Console.show(json: View(answers: done.answers, leases: done.leases)) }
        print(
            "forgotten: \(Words.count(done.answers, "answer"))" + (name.map { " at or below \($0)" } ?? "")
                + (done.leases > 0
                    ? "; \(Words.count(done.leases, "address stays owed", "addresses stay owed")) to \(done.leases == 1 ? "its" : "their") rules"
                    : ""))
    }
}
