// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Logging

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "The daemon, in the foreground, until SIGTERM.",
        discussion: "SIGHUP reads the configuration and rules again; with any error in them the old ones stay in force.")

    @OptionGroup var source: ConfigurationOption

    @Flag(help: "Tell more.")
    var verbose = false

    func run() throws {
        var log = Logger(label: "sluice") { _ in LineLog() }
        log.logLevel = verbose ? .debug : .info
        do throws(DaemonError) {
            try Daemon.run(path: source.path, log: log)
        } catch {
            throw Console.end(error)
        }
    }
}

/// One line an event on stderr; systemd's journal adds the time, so a service needs none.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let level = event.level >= .warning ? "\(event.level): " : ""
        Console.complain("sluice: \(level)\(escaped("\(event.message)"))")
    }
}
