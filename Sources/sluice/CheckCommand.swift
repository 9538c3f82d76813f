// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Glibc
import Rules

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "All errors and warnings of the configuration, its rules and tunnels.",
        discussion: "Changes nothing, needs no daemon and no root. Ends with 2 if there is any error.")

    @Argument(help: ArgumentHelp("The configuration; otherwise \(Loaded.usualPath).", valueName: "file"))
    var named: String?

    @Option(help: ArgumentHelp("The same, as other verbs name it.", valueName: "file"))
    var config: String?

    private var file: String { named ?? config ?? Loaded.usualPath }

    @OptionGroup var output: JSONFlag

    func run() throws {
        let loaded = Loaded(path: file)
        if output.json {
            try Console.show(json: CheckReport(loaded.problems))
        } else {
            print(Console.text(of: loaded.problems, on: STDOUT_FILENO), terminator: "")
            if loaded.errors.isEmpty {
                let rules = counted(loaded.matcher.count, "rule")
                let files = counted(loaded.ruleFiles.count, "file")
                print("\(file): \(rules) from \(files), \(counted(loaded.configuration.tunnel.count, "tunnel"))")
            }
        }
        if !loaded.errors.isEmpty { throw Console.problemFound }
    }
}

/// Contract: `check`.
struct CheckReport: Encodable {
    let schema = 1
    let errors: [Entry]
    let warnings: [Entry]

    struct Entry: Encodable {
        let file: String
        let line: Int
        let column: Int
        let message: String
        @OrNull var hint: String?

        init(_ problem: Problem) {
            file = problem.file
            line = problem.line
            column = problem.column
            message = problem.message
            hint = problem.hint
        }
    }

    init(_ problems: [Problem]) {
        func entries(_ severity: Problem.Severity) -> [Entry] {
            problems.filter { $0.severity == severity }.map(Entry.init)
        }
        errors = entries(.error)
        warnings = entries(.warning)
    }
}
