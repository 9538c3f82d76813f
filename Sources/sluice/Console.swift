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

    /// Colour only on a terminal, and never against NO_COLOR.
    static func allowsColor(on descriptor: Int32) -> Bool {
        let forbidden = unsafe getenv("NO_COLOR").map { unsafe $0.pointee != 0 } ?? false
        return isatty(descriptor) == 1 && !forbidden
    }

    /// A column of a table.
    static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }

    /// Prints one JSON object on one line.
    static func show(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    static func complain(_ text: String) {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Says what went wrong and what to do, and gives the code to end with.
    static func end(_ error: DaemonError) -> ExitCode {
        switch error {
        case .invalid(let problems):
            complain(text(of: problems, on: STDERR_FILENO))
            return problemFound
        case .notPermitted(let what):
            complain("sluice: not permitted: \(what)")
            return notPermitted
        case .failed(let what, let hint):
            complain("sluice: \(what)" + (hint.map { "\n    hint: \($0)" } ?? ""))
            return failed
        case .noDaemon(let path):
            complain("sluice: no daemon answers at \(path)\n    hint: start it with 'sluice run', or name its configuration with --config")
            return noDaemon
        }
    }

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
        let loaded = Loaded(path: config ?? daemon?.configuration ?? Loaded.usualPath, mayBeMissing: config == nil)
        guard loaded.errors.isEmpty else { throw Console.end(.invalid(loaded.problems)) }
        return loaded
    }

    /// What the daemon says of itself, if there is one and we may ask.
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
