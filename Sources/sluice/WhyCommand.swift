// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Policy
import Resolving
import RuleFiles
import Rules
import Wire

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Where the lookup of a name goes, and why. Sends nothing; works without a daemon.")

    @Argument(help: "The name.", transform: NameArgument.parse)
    var name: Name

    @Argument(help: "The record's type.", transform: TypeArgument.parse)
    var type = RecordType.a

    @Option(help: "The kind of app that asks: normal, excluded or tunneled.")
    var app = App.normal

    @Option(
        help: "The tunnel's state: disconnected, connecting, connected, disconnecting or error. Otherwise the daemon's, else connected.")
    var state: TunnelState?

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let daemon = try? source.quietStatus()
        let loaded = try source.load(of: daemon)
        let report = WhyReport(
            loaded, Question(name: name, type: type), app, state ?? daemon.flatMap { TunnelState(rawValue: $0.state) } ?? .connected)
        if output.json { try Console.show(json: report) } else { print(report.lines) }
    }
}

enum NameArgument {
    static func parse(_ text: String) throws -> Name {
        guard Network(text) == nil else { throw ValidationError("'\(text)' is an address; a name is asked for.") }
        do throws(InternationalName.Mistake) {
            return try InternationalName.name(text)
        } catch {
            throw ValidationError("'\(text)' is not a domain name: \(error.reason). Write it like corp.example or bücher.example.")
        }
    }
}

enum TypeArgument {
    static func parse(_ text: String) throws -> RecordType {
        guard let type = RecordType(text) else {
            throw ValidationError("'\(text)' is not a record type; A, AAAA, HTTPS, TXT or TYPE65280 are.")
        }
        return type
    }
}

extension App: ExpressibleByArgument {}
extension TunnelState: ExpressibleByArgument {}
