// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import FoundationEssentials
import Glibc
import Rules

/// Results on stdout, all else on stderr; what ends a command, and with which code (contract: exit codes).
enum Console {
    static let failed = ExitCode(1)
    static let problemFound = ExitCode(2)
    static let noDaemon = ExitCode(3)
    static let notPermitted = ExitCode(4)
    static let inconclusive = ExitCode(5)

    /// Colour only on a terminal that has any, and never against NO_COLOR.
    static func allowsColor(on descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
    }

    /// Empty when it is not set.
    static func variable(_ name: String) -> String { unsafe getenv(name).map { unsafe String(cString: $0) } ?? "" }

    /// Columns to write in: COLUMNS, else those of the terminal; 80 at most, and 40 at least.
    static let columns: Int = {
        var size = winsize()
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        let columns = Int(variable("COLUMNS")) ?? (isKnown ? Int(size.ws_col) : 0)
        return columns > 0 ? min(80, max(40, columns)) : 80
    }()

    /// A column of a table.
    static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }

    /// Prints one JSON object on one line.
    static func show(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        let isPlain = text.utf8.allSatisfy { $0 < 0x7F }
        print(isPlain ? text : text.unicodeScalars.map(inJSON).joined())
    }

    /// What a terminal obeys, in JSON's own words for it, of which the encoder knows only those below a space.
    private static func inJSON(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            return String(scalar).utf16.map { "\\u" + String(0x1_0000 + Int($0), radix: 16).dropFirst() }.joined()
        default: return String(scalar)
        }
    }

    static func complain(_ text: String) {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Says what went wrong and what to do, and gives the code to end with.
    static func end(_ error: DaemonError) -> ExitCode {
        let (text, hint, problems, code) = explained(error)
        if isForPrograms {
            try? show(json: ErrorView(error: text, hint: hint, problems: problems.map(CheckReport.Entry.init)))
        } else {
            complain(
                problems.isEmpty ? "sluice: \(text)" + (hint.map { "\n    hint: \($0)" } ?? "") : self.text(of: problems, on: STDERR_FILENO)
            )
        }
        return code
    }

    private static func explained(_ error: DaemonError) -> (text: String, hint: String?, problems: [Problem], code: ExitCode) {
        switch error {
        case .invalid(let problems): ("the configuration has errors", "sluice check", problems, problemFound)
        case .notPermitted(let what): ("not permitted: " + part(what).text, part(what).hint, [], notPermitted)
        case .failed(let what, let hint): (what, hint, [], failed)
        case .noDaemon(let path):
            ("no daemon answers at \(path)", "start it with 'sluice run', or name its configuration with --config", [], noDaemon)
        }
    }

    /// A text with its hint on a line of its own, in two.
    private static func part(_ text: String) -> (text: String, hint: String?) {
        let mark = "\n    hint: "
        guard let place = text.firstRange(of: mark) else { return (text, nil) }
        return (String(text[..<place.lowerBound]), String(text[place.upperBound...]))
    }

    /// What a program that asked for JSON gets in place of a result.
    struct ErrorView: Encodable {
        let schema = 1
        let error: String
        @OrNull var hint: String?
        /// With their places, where the configuration is what is wrong.
        let problems: [CheckReport.Entry]

        init(error: String, hint: String? = nil, problems: [CheckReport.Entry] = []) {
            self.error = error
            self.problems = problems
            self.hint = hint
        }
    }

    /// Whether `--json` stands among the arguments that are ours: an error must be JSON too, also where the arguments cannot be understood.
    static var isForPrograms: Bool { CommandLine.arguments.prefix { $0 != "--" }.contains("--json") }

    static func text(of problems: [Problem], on descriptor: Int32) -> String {
        render(problems, color: allowsColor(on: descriptor)) { path in
            guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
            return Array(data)
        }
    }
}

/// What verbs that read a configuration share.
struct ConfigurationOption: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration; otherwise \(Loaded.usualPath).", valueName: "file"))
    var config: String?

    var path: String { config ?? Loaded.usualPath }

    /// The configuration with all it names; the command ends here when it has errors. Unless one is named it is the running daemon's.
    func load(of daemon: StatusReport? = nil) throws -> Loaded {
        let loaded = read(of: daemon)
        guard loaded.errors.isEmpty else { throw Console.end(.invalid(loaded.problems)) }
        return loaded
    }

    /// The same, whatever is wrong with it.
    func read(of daemon: StatusReport? = nil) -> Loaded {
        Loaded(path: config ?? daemon?.configuration ?? Loaded.usualPath, mayBeMissing: config == nil)
    }

    /// Hands over each of its replies, of which there are many. The command ends here where there are none.
    func listen(_ request: ControlRequest, _ take: (ControlReply) throws -> Void) throws {
        do {
            let client = try ControlClient(folder: Loaded(path: path, mayBeMissing: config == nil).configuration.paths.run)
            var isAnswered = false
            try client.listen(request) { reply in
                isAnswered = true
                try take(reply)
            }
            if !isAnswered { throw DaemonError.failed("the daemon gave no answer", hint: "is it of the same version? restart it") }
        } catch let error as DaemonError {
            throw Console.end(error)
        }
    }

    /// Whether the command line says which.
    var isNamed: Bool { config != nil }

    /// What the daemon says, if there is one and we may ask.
    func quietly(_ request: ControlRequest) throws -> ControlReply {
        try ControlClient(folder: Loaded(path: path, mayBeMissing: config == nil).configuration.paths.run).ask(request)
    }

    /// What it says of itself.
    func quietStatus() throws -> StatusReport? {
        try ControlClient(folder: Loaded.settings(path: path).paths.run).ask(ControlRequest(.status)).status
    }

    /// Asks the daemon of this configuration for one part of its reply.
    func ask<Part>(_ request: ControlRequest, for part: KeyPath<ControlReply, Part?>) throws -> Part {
        do throws(DaemonError) {
            guard let part = try ControlClient(folder: Loaded.settings(path: path).paths.run).ask(request)[keyPath: part] else {
                throw .failed("the daemon's reply cannot be read", hint: "is it of the same version? restart it")
            }
            return part
        } catch {
            throw Console.end(error)
        }
    }
}

struct JSONFlag: ParsableArguments {
    @Flag(help: "One JSON object instead of text.")
    var json = false
}
