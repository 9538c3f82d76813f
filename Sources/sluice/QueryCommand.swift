// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Wire

struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Asks the running daemon, and shows the answer, the way it took and the leases it made.")

    @Argument(help: "The name.", transform: NameArgument.parse)
    var name: Name

    @Argument(help: "The record's type.", transform: TypeArgument.parse)
    var type = RecordType.a

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let report = try source.ask(ControlRequest(.query, name: "\(name)", type: type.rawValue), for: \.query)
        guard let shown = QueryView(report, Question(name: name, type: type)) else {
            throw Console.end(.failed("the daemon's reply cannot be read", hint: nil))
        }
        if output.json { try Console.show(json: shown) } else { print(shown.lines) }
    }
}

/// Contract: `query`.
struct QueryView: Encodable {
    let schema = 1
    let name: String
    let type: String
    let rcode: String
    @OrNull var ede: Reason?
    let answers: [RecordText]
    let path: String
    @OrNull var server: String?
    let cached: Bool
    let leases: [QueryReport.Lease]

    struct Reason: Encodable {
        let code: UInt16
        let text: String
    }

    init?(_ report: QueryReport, _ question: Question) {
        let message = report.message.span
        var reader = MessageReader(message)
        guard let header = try? reader.header(), (try? reader.question()) != nil else { return nil }
        var answers: [RecordText] = []
        for _ in 0..<header.answers {
            guard let record = try? reader.record() else { return nil }
            answers.append(RecordText(record, in: report.message))
        }
        var edns: EDNS?
        for _ in 0..<Int(header.authorities) + Int(header.additionals) {
            guard let record = try? reader.record() else { return nil }
            if record.type == .opt { edns = try? EDNS(record, in: message) }
        }
        name = "\(question.name)"
        type = "\(question.type)"
        rcode = "\(header.flags.responseCode)"
        ede = edns?.error.map { Reason(code: $0.code, text: $0.text) }
        self.answers = answers
        path = report.path
        server = report.server
        cached = report.cached
        leases = report.leases
    }

    private func without(_ path: String) -> String {
        switch path {
        // A type that the rule's tunnel or its options leave no records of.
        case _ where rcode == "NOERROR": "here, no server was asked"
        case "tunnel", "outside", "lan": "by none: no server on this path gave an answer"
        default: "here, no server was asked"
        }
    }

    /// For people.
    var lines: String {
        var lines = ["\(name) \(type)  \(rcode)" + (ede.map { "  (\($0.code): \(escaped($0.text)))" } ?? "")]
        lines += answers.map { "  \($0.name)  \($0.ttl)  \($0.type)  \($0.data)" }
        lines.append("  path      \(path)")
        lines.append("  answered  " + (server.map { "by \($0)" + (cached ? ", from the cache" : "") } ?? without(path)))
        var rows = Rows()
        for lease in leases {
            let who = lease.name == name ? lease.name : "\(lease.name), another name: sluice conflicts shows who else claims it"
            let rest = lease.othersCount - lease.others.count
            let others = lease.others.isEmpty ? "" : "; others: " + lease.others.joined(separator: ", ") + (rest > 0 ? " +\(rest)" : "")
            rows.add("lease", "\(lease.address) → \(lease.route), \(Words.duration(lease.seconds)) more, for \(who)\(others)", always: true)
        }
        lines += rows.lines
        return lines.joined(separator: "\n")
    }
}
