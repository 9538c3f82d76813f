// SPDX-License-Identifier: MIT
import ArgumentParser

@main struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "DNS-aware split-tunnel resolver: each name, and the traffic that follows, goes in the tunnel, outside it or only to the LAN.",
        discussion: """
            Exit codes: 0 ok, 1 failed, 2 problem found (a leak, an invalid configuration), 3 no daemon, 4 not permitted,
            5 inconclusive or timed out, 64 usage.
            """,
        version: "sluice 0.1.0",
        subcommands: [
            RunCommand.self, CheckCommand.self, WhyCommand.self, QueryCommand.self, StatusCommand.self, MonitorCommand.self,
            TunnelsCommand.self, LeasesCommand.self, ConflictsCommand.self, RulesCommand.self, FlushCommand.self, ReloadCommand.self,
            UpCommand.self, DownCommand.self, ExecCommand.self,
            ActivateCommand.self, DeactivateCommand.self, RepairCommand.self,
            LeakTestCommand.self, DoctorCommand.self, LabCommand.self,
            LabInsideCommand.self,
        ])
}

extension Sluice {
    static func main() {
        if let text = Misspelling.text(of: CommandLine.arguments.dropFirst().first ?? "", in: configuration.subcommands) {
            if Console.isForPrograms { try? Console.show(json: Console.ErrorView(error: text, hint: "sluice help")) }
            Console.complain("sluice: \(text)\n    hint: sluice help")
            exit(withError: ExitCode.validationFailure)
        }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            // Help and versions are no errors; what a command has said itself comes as a bare code.
            guard Console.isForPrograms, exitCode(for: error) == .validationFailure else { exit(withError: error) }
            try? Console.show(json: Console.ErrorView(error: message(for: error), hint: "sluice help"))
            exit(withError: ExitCode.validationFailure)
        }
    }
}
