// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Glibc
import Regexes
import RuleFiles
import Rules
import Wire

struct RulesImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Shows what a list would do to the rules in force, and does nothing.",
        discussion: """
            Counts its entries, tells which rules in force it would meet and which of both would win, and which names asked \
            lately it would take, if a daemon runs. Ends with 2 if the list would be refused: it cannot be read whole, nothing in it is \
            a rule, its signature is not right, or it has a tenth or less of the entries of this file that are in force.
            """)

    @Argument(help: "How it is written: \(ListKind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var kind: ListKind

    @Argument(help: "The list.")
    var file: String

    @Option(help: "What is to become of its names: tunnel, tunnel:NAME, direct, lan or block.")
    var action = "tunnel"

    @Flag(help: "The names of a plain list without what is below them.")
    var exact = false

    @Flag(help: "Keep what is too broad, or ten times smaller.")
    var force = false

    @Option(help: ArgumentHelp("Who must have signed it: a public key of minisign, or its file.", valueName: "key"))
    var signed: String?

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let include = try include()
        let loaded = source.read(of: try? source.quietStatus())
        // That a tunnel's file is for others' eyes only is no obstacle to rules.
        let errors = loaded.errors.filter { !loaded.isSecret($0.file) }
        if let tunnel = include.treatment.tunnel, errors.isEmpty, !loaded.configuration.tunnel.contains(where: { $0.name == tunnel }) {
            let names = loaded.configuration.tunnel.map { "tunnel:" + $0.name }
            throw ValidationError(
                "there is no tunnel '\(tunnel)'; the configuration has \(names.isEmpty ? "none" : names.joined(separator: ", ")).")
        }
        let breadth = Breadth()
        var forecast = ListForecast(file: include.path, treatment: include.treatment, beside: loaded.matcher) { pattern in
            !include.isForced && breadth.finding(pattern)?.isLeftOut == true
        }
        do throws(Problem) {
            try ListOnDisk(include).read(into: &forecast)
        } catch {
            // Where it stands is said from here, not from a rule file's folder.
            let isThere = unsafe access(file, F_OK) == 0
            _ = Console.end(.failed(error.message, hint: isThere ? error.hint : nil))
            throw Console.problemFound
        }
        lazy var list = Matcher(forecast.builder, regexes: HyperscanSet.compile)
        // Which regexes are none, or find everybody's names, shows when they are compiled.
        let untaken = forecast.regexes == 0 ? [] : list.problems.filter { $0.severity == .error }
        let asked = try? source.quietly(ControlRequest(.names)).names
        var report = ImportReport(
            include, line, forecast, untaken: untaken,
            asked.map { ($0.count, forecast.captured(of: $0.compactMap { Name($0) }, by: list)) }, former: former(loaded))
        if !errors.isEmpty {
            report.compared = "only with what could be read: \(source.path) has \(Words.count(errors.count, "error")), see sluice check"
        }
        if output.json { try Console.show(json: report) } else { print(report.lines.joined(separator: "\n")) }
        if report.wouldBeRefused { throw Console.problemFound }
    }

    /// Of this very file, what is in force now.
    private func former(_ loaded: Loaded) -> Int? {
        let said = (try? source.quietly(ControlRequest(.rules)))?.rules?.lists.map { (file: $0.file, kind: $0.kind, entries: $0.entries) }
        let lists = said ?? loaded.book.lists.map { (file: $0.file, kind: $0.kind, entries: $0.entries) }
        return lists.first { $0.kind == kind.rawValue && RealPath.areSame($0.file, file) }?.entries
    }

    /// The line of a rule file that would take it, wherever that file stands.
    private var line: String {
        let key = signed.map { " signed " + ($0.contains("/") || $0.hasSuffix(".pub") ? RealPath.absolute($0) : $0) } ?? ""
        return "\(action) include \(kind.rawValue) \(RealPath.absolute(file))" + (exact ? " exact" : "") + key + (force ? " force" : "")
    }

    /// Read as that line is read, so that what is wrong with it is said in the same words.
    private func include() throws -> Include {
        guard !file.contains(where: \.isWhitespace) else {
            throw ValidationError("'\(file)' has a space in it, and a rule file cannot name it: rename it.")
        }
        let (items, problems) = RuleParser.read(Array(line.utf8), file: "rules import", idna: { InternationalName.ascii($0) })
        guard case .include(let include)? = items.first, problems.allSatisfy({ $0.severity != .error }) else {
            let first = problems.first { $0.severity == .error }
            throw ValidationError((first?.message ?? "'\(line)' is no include") + (first?.hint.map { ": " + $0 } ?? ""))
        }
        return include
    }
}

extension ListKind: ExpressibleByArgument {}
