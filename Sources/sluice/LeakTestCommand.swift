// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon
import Glibc
import LeakTest

struct LeakTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leaktest",
        abstract: "Asks random names of every path, watches every interface, and says where their packets left.",
        discussion: """
            Needs root and, but for --full in the lab, a running daemon. Ends with 0 if clean, 2 if anything leaked, 5 if it cannot vouch for either.
            --full in the lab (sluice lab -- sluice leaktest --full) plays every setting, profile, state, kind of app and rule with a daemon of its
            own; elsewhere it asks what can be asked without disturbing the machine, and says what it left out.
            """)

    @Flag(help: "One name or two of each kind of rule, in a few seconds. What is done unless --full is said.")
    var quick = false

    @Flag(help: "Every cell of the matrix.")
    var full = false

    @Option(help: ArgumentHelp("In the lab: only situations whose name contains this.", visibility: .hidden))
    var only = ""

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func validate() throws {
        if quick, full { throw ValidationError("--quick and --full exclude each other.") }
    }

    func run() throws {
        guard geteuid() == 0 else {
            throw Console.end(.notPermitted("a leak test watches every interface, which takes root\n    hint: sudo sluice leaktest"))
        }
        let report: LeakReport
        do {
            report = try !full ? quickReport() : Self.isInLab ? labReport() : liveReport()
        } catch let error as LeakError {
            switch error {
            case .notPermitted(let what): throw Console.end(.notPermitted(what))
            case .system, .plan: throw Console.end(.failed("\(error)", hint: nil))
            }
        } catch let failure as LabChild.Failure {
            throw Console.end(.failed("\(failure)", hint: "its log is \(LabStage.log)"))
        }
        if output.json {
            try Console.show(json: LeakView(report: report))
        } else {
            let color = Console.allowsColor(on: STDOUT_FILENO)
            print(full ? report.summary(color: color) : report.text(color: color), terminator: "")
        }
        if report.verdict.exitCode != 0 { throw ExitCode(report.verdict.exitCode) }
    }

    /// `sluice lab` says so and has its folder; only there may states be played.
    private static var isInLab: Bool {
        guard unsafe getenv("SLUICE_LAB").map({ unsafe String(cString: $0) }) == "1" else { return false }
        return unsafe access("/run/lab", F_OK) == 0
    }

    private func quickReport() throws -> LeakReport {
        let status = try source.ask(ControlRequest(.status), for: \.status)
        return try LeakRun(LeakPlan(try source.load(of: status), status)).run()
    }

    private func labReport() throws -> LeakReport {
        let talks = isatty(STDERR_FILENO) == 1
        return try LabTrial(only: only) { if talks { Console.complain($0) } }.run()
    }

    private func liveReport() throws -> LeakReport {
        let status = try source.ask(ControlRequest(.status), for: \.status)
        let plan = try LeakPlan(live: try source.load(of: status), status)
        let report = try LeakRun(plan).run()
        return LeakReport.merged(
            [report], failures: [], leftOut: LeakPlan.leftOutLive(plan), milliseconds: report.milliseconds)
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
