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
                print(
                    "\(file): \(loaded.matcher.rules.count) rules from \(loaded.ruleFiles.count) files, \(loaded.configuration.tunnel.count) tunnels"
                )
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
        let hint: String?

        enum CodingKeys: CodingKey { case file, line, column, message, hint }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(file, forKey: .file)
            try container.encode(line, forKey: .line)
            try container.encode(column, forKey: .column)
            try container.encode(message, forKey: .message)
            try container.encode(hint, forKey: .hint)
        }
    }

    init(_ problems: [Problem]) {
        func entries(_ severity: Problem.Severity) -> [Entry] {
            problems.filter { $0.severity == severity }.map {
                Entry(file: $0.file, line: $0.line, column: $0.column, message: $0.message, hint: $0.hint)
            }
        }
        errors = entries(.error)
        warnings = entries(.warning)
    }
}
