// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon
import Glibc
import LeakTest

struct LeakTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leaktest",
        abstract: "Asks random names of every path, watches every interface, and says where their packets left.",
        discussion: "Needs root and a running daemon. Ends with 0 if clean, 2 if anything leaked, 5 if it cannot vouch for either.")

    @Flag(help: "One name or two of each kind of rule, in a few seconds. The only extent of this version.")
    var quick = false

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        guard geteuid() == 0 else {
            throw Console.end(.notPermitted("a leak test watches every interface, which takes root\n    hint: sudo sluice leaktest"))
        }
        let status = try source.ask(ControlRequest(.status), for: \.status)
        let loaded = try source.load(of: status)
        let report: LeakReport
        do throws(LeakError) {
            report = try LeakRun(LeakPlan(loaded, status)).run()
        } catch {
            switch error {
            case .notPermitted(let what): throw Console.end(.notPermitted(what))
            case .system, .plan: throw Console.end(.failed("\(error)", hint: nil))
            }
        }
        if output.json {
            try Console.show(json: LeakView(report: report))
        } else {
            print(report.text(color: Console.allowsColor(on: STDOUT_FILENO)), terminator: "")
        }
        if report.verdict.exitCode != 0 { throw ExitCode(report.verdict.exitCode) }
    }
}

/// Contract: `leaktest`.
private struct LeakView: Encodable {
    let report: LeakReport

    private enum CodingKeys: CodingKey { case schema }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(1, forKey: .schema)
        try report.encode(to: encoder)
    }
}
