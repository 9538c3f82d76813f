// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon
import RuleFiles
import Rules
import Wire

struct RulesImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Shows what a list would do to the rules in force, and does nothing.",
        discussion: """
            Counts its entries, tells which rules in force it would meet and which of both would win, and which names asked \
            lately it would take, if a daemon runs. Ends with 2 if the list would be refused.
            """)

    @Argument(help: "How it is written: \(ListKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: ListKind

    @Argument(help: "The list.")
    var file: String

    @Option(help: "What is to become of its names: tunnel, tunnel:NAME, direct, lan or block.")
    var action = "tunnel"

    @Flag(help: "The names of a plain list without what is below them.")
    var exact = false

    @Flag(help: "Keep what is too broad.")
    var force = false

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let include = try include()
        let loaded = try source.load(of: try? source.quietStatus())
        let suffixes = PublicSuffixes()
        var forecast = ListForecast(file: include.path, treatment: include.treatment, beside: loaded.matcher) {
            Self.isBroad($0, suffixes)
        }
        try read(include, into: &forecast)
        let asked = try? source.quietly(ControlRequest(.names)).names
        let report = ImportReport(include, line, forecast, asked.map { ($0.count, forecast.captured(of: $0.compactMap { Name($0) })) })
        if output.json { try Console.show(json: report) } else { print(report.lines.joined(separator: "\n")) }
        if report.wouldBeRefused { throw Console.problemFound }
    }

    /// The line of a rule file that would take it.
    private var line: String {
        "\(action) include \(kind.rawValue) \(file)" + (exact ? " exact" : "") + (force ? " force" : "")
    }

    /// Read as that line is read, so that what is wrong with it is said in the same words.
    private func include() throws -> Include {
        let (items, problems) = RuleParser.read(Array(line.utf8), file: "rules import", idna: { InternationalName.ascii($0) })
        guard case .include(let include)? = items.first, problems.allSatisfy({ $0.severity != .error }) else {
            let first = problems.first { $0.severity == .error }
            throw Console.end(.failed(first?.message ?? "'\(line)' is no include", hint: first?.hint))
        }
        return include
    }

    private func read(_ include: Include, into forecast: inout ListForecast) throws {
        let folder = include.path.lastIndex(of: "/").map { String(include.path[...$0]) } ?? ""
        let reader = ListReader(
            include, idna: { InternationalName.ascii($0) },
            open: { name in name.contains("/") ? nil : try? HostFile.read(folder + name) },
            beside: { HostFile.matching(folder + "*").map { String($0.dropFirst(folder.count)) } })
        do throws(HostFile.Failure) {
            try FileBytes(include.path).withSpan { reader.read($0, into: &forecast) }
        } catch {
            throw Console.end(
                error == .notPermitted
                    ? .notPermitted("\(include.path): you may not read it\n    hint: sudo")
                    : .failed("\(include.path): \(error == .missing ? "there is no such file" : "it cannot be read")", hint: nil))
        }
    }

    /// Whether an entry takes more than anybody can mean.
    private static func isBroad(_ pattern: Pattern, _ suffixes: PublicSuffixes) -> Bool {
        switch pattern {
        case .suffix(let name), .below(let name):
            suffixes.section(of: name) == .registry
        case .exact, .regex, .keyword, .network: false
        }
    }
}

extension ListKind: ExpressibleByArgument {}
