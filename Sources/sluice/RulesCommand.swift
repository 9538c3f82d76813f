// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "The rules in force: files and lists, how many of which kind, what was rejected.",
        subcommands: [RulesShowCommand.self, RulesImportCommand.self], defaultSubcommand: RulesShowCommand.self)
}

struct RulesShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "The rules in force, by file.", shouldDisplay: false)

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    private struct View: Encodable {
        let schema = 1
        let count: Int
        let files: [RulesReport.File]
        let lists: [List]
        let rejected: [String]
    }

    private struct List: Encodable {
        let file: String
        let kind: String
        let place: String
        let entries: Int
        let signed: Bool
        @OrNull var kept: String?

        init(_ list: StatusReport.List) {
            file = list.file
            kind = list.kind
            place = list.place
            entries = list.entries
            signed = list.signed
            kept = list.kept
        }
    }

    func run() throws {
        let rules = try source.ask(ControlRequest(.rules), for: \.rules)
        if output.json {
            return try Console.show(
                json: View(count: rules.count, files: rules.files, lists: rules.lists.map(List.init), rejected: rules.rejected))
        }
        print(Self.lines(rules).joined(separator: "\n"))
    }

    private static func lines(_ rules: RulesReport) -> [String] {
        var lines = ["\(Words.count(rules.count, "rule")) in force from \(Words.count(rules.files.count, "file"))"]
        for file in rules.files {
            lines.append(file.file)
            var rows = Rows()
            if let list = rules.lists.first(where: { $0.file == file.file }) {
                rows.add("list", "\(list.kind)\(list.signed ? ", its signature is good" : ", not signed"), from \(list.place)")
                if let kept = list.kept { rows.add("kept", "the last good version is in force: \(kept)") }
            }
            rows.add("actions", Words.parts(file.actions, in: ["tunnel", "direct", "lan", "block"]))
            rows.add("patterns", Words.parts(file.kinds, in: ["exact", "suffix", "below", "regex", "keyword", "network"]))
            lines += rows.lines
        }
        lines += rules.rejected.map { "rejected: " + $0 }
        return lines
    }
}

extension Words {
    /// `3 tunnel, 1 direct`, in this order.
    static func parts(_ counts: [String: Int], in order: [String]) -> String {
        order.compactMap { word in counts[word].map { "\(number($0)) \(word)" } }.joined(separator: ", ")
    }
}
