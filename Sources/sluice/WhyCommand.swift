// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Policy
import RuleFiles
import Rules
import Wire

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Where the lookup of a name goes, or an address's packets, and why. Sends nothing.",
        discussion: """
            Asks the running daemon, whose rules are the ones in force. Without one, with --files, and with --config for another \
            configuration than the daemon's, it reads the files: what a reload would bring. \
            Of each address: who owns it, which of the kernel's sets hold it, and the way the kernel would send a packet now.
            """)

    @Argument(help: "The name, or an address.", transform: Subject.parse)
    var subject: Subject

    @Argument(help: "The record's type.", transform: TypeArgument.parse)
    var type = RecordType.a

    @Option(help: "The kind of app that asks: normal, excluded or tunneled.")
    var app = App.normal

    @Option(
        help: "The tunnel's state: disconnected, connecting, connected, disconnecting or error. Otherwise the daemon's, else connected.")
    var state: TunnelState?

    @Flag(help: "By the files as they are now, whatever the daemon has in force.")
    var files = false

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        var request = ControlRequest(.why, name: subject.text, type: type.rawValue, app: app.rawValue)
        request.state = state?.rawValue
        let (reply, silence) = heard(request)
        switch subject {
        case .name(let name):
            let explanation =
                try reply?.explanation
                ?? offline(silence).explain(
                    Question(name: name, type: type), app, known: nil, kernel: nil)
            let report = WhyReport(explanation)
            if output.json { try Console.show(json: report) } else { print(report.lines.joined(separator: "\n")) }
        case .address(let address):
            let report = AddressReport(
                view: AddressView(try reply?.address ?? offline(silence).explain(address, kernel: KernelSight())))
            if output.json { try Console.show(json: report) } else { print(report.lines.joined(separator: "\n")) }
        }
    }

    /// What the daemon says, or why it says nothing.
    private func heard(_ request: ControlRequest) -> (ControlReply?, Silence) {
        // Of files that it does not run by the daemon knows nothing.
        guard !files, !source.isNamed || isDaemons else { return (nil, .filesNamed) }
        do {
            return (try source.quietly(request), .noDaemon)
        } catch DaemonError.notPermitted {
            return (nil, .notPermitted)
        } catch DaemonError.failed(let what, _) {
            return (nil, .failed(what))
        } catch {
            return (nil, .noDaemon)
        }
    }

    /// Whether a daemon runs by the configuration that was named.
    private var isDaemons: Bool {
        guard let running = (try? source.quietStatus())?.configuration else { return false }
        return running == source.path || running.hasPrefix("/") && RealPath.areSame(running, source.path)
    }

    /// What files tell, with the daemon's state where one answers. That a tunnel's file is for others' eyes only is told, and no obstacle.
    private func offline(_ silence: Silence) throws -> Sight {
        let daemon = try? source.quietStatus()
        let loaded = source.read(of: daemon)
        let secret = loaded.errors.filter { loaded.isSecret($0.file) }
        guard secret.count == loaded.errors.count else { throw Console.end(.invalid(loaded.problems)) }
        for problem in secret { Console.complain("sluice: \(problem.file): \(problem.message), so that tunnel's servers are not known") }
        let state = state ?? daemon.flatMap { TunnelState(rawValue: $0.state) } ?? .connected
        let defaultIsTunnel =
            switch loaded.configuration.routing.default {
            case .tunnel: true
            case .direct: false
            }
        var sight = Sight(
            circumstances: loaded.circumstances(state: state, systemServers: loaded.systemServers), matcher: loaded.matcher,
            defaultIsTunnel: defaultIsTunnel, areRelaysKnown: secret.isEmpty)
        sight.silence = silence
        return sight
    }
}

enum NameArgument {
    static func parse(_ text: String) throws -> Name {
        guard Network(text) == nil else { throw ValidationError("'\(text)' is an address; a name is asked for.") }
        if let mistake = mistake(in: text) { throw ValidationError("'\(text)' is not a domain name: \(mistake)") }
        do throws(InternationalName.Mistake) {
            return try InternationalName.name(text)
        } catch {
            throw ValidationError("'\(text)' is not a domain name: \(error.reason). Write it like corp.example or bücher.example.")
        }
    }
}

extension NameArgument {
    /// What people type that DNS would take for a name, and is none.
    private static func mistake(in text: String) -> String? {
        if let scheme = text.firstRange(of: "://") {
            let host = text[scheme.upperBound...].prefix { !"/:?#".contains($0) }
            return "it is a URL; of it, only the host is asked for: \(host.isEmpty ? "corp.example" : String(host))"
        }
        if text.contains(where: { $0.isWhitespace }) { return "names have no spaces; ask for one at a time." }
        if text.contains(where: { ":@?#,;".contains($0) }) { return "write it without port, user or path, like corp.example" }
        // Of slashes, those of reverse zones (RFC 2317) are names.
        if text.contains("/"), !text.lowercased().contains(".arpa") { return "write it without a path, like corp.example" }
        let labels = text.split(separator: ".", omittingEmptySubsequences: true)
        if !labels.isEmpty, labels.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) {
            return "an IPv4 address has four numbers of 0 to 255, like 203.0.113.9"
        }
        return nil
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
