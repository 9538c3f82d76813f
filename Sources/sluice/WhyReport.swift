// SPDX-License-Identifier: MIT
import Daemon
import Policy
import Resolving
import Rules
import Wire

/// Contract: `why`.
struct WhyReport: Encodable {
    let schema = 1
    let name: String
    let type: String
    let app: String
    let state: String
    let setting: String
    let path: String
    let servers: [String]
    let reason: String
    let text: String
    @OrNull var rule: RuleEntry?
    let losers: [RuleEntry]

    struct RuleEntry: Encodable {
        let action: String
        let pattern: String
        let file: String
        let line: Int

        init(_ rule: Rule) {
            action = rule.action.rawValue
            pattern = rule.text
            file = rule.file
            line = rule.line
        }

        var place: String { "\(action) \(pattern)  (\(file):\(line))" }
    }

    init(_ loaded: Loaded, _ question: Question, _ app: App, _ state: TunnelState) {
        let circumstances = loaded.circumstances(state: state, systemServers: loaded.systemServers)
        let matches = loaded.matcher.matches(question.name)
        let reverse = Reserved.network(of: question.name).flatMap { $0.length == $0.address.width ? loaded.matcher.match($0.address) : nil }
        let decision = circumstances.decide(question, rule: matches.first ?? reverse, app: app)
        name = "\(question.name)"
        type = "\(question.type)"
        self.app = app.rawValue
        self.state = state.rawValue
        setting = circumstances.settingWord
        path = decision.outcome.word
        servers = decision.outcome.servers
        reason = decision.reason.rawValue
        let rule = decision.rule.map { loaded.matcher.rule($0.number) }
        text = decision.sentence(circumstances, question, app, rule)
        self.rule = rule.map(RuleEntry.init)
        losers = matches.filter { $0 != decision.rule }.map { RuleEntry(loaded.matcher.rule($0.number)) }
    }

    /// For people.
    var lines: String {
        var rows = [("path", path)]
        if let rule { rows.append(("rule", rule.place)) }
        rows.append(("reason", text))
        if !servers.isEmpty { rows.append(("servers", servers.joined(separator: ", "))) }
        rows.append(("setting", setting))
        rows.append(("state", state))
        for loser in losers { rows.append(("loser", loser.place)) }
        let indent = 10
        return "\(name) \(type)" + (app == "normal" ? "" : "  asked by an app that is \(app)") + "\n"
            + rows.map { "  " + $0.0 + String(repeating: " ", count: indent - $0.0.count) + $0.1 }.joined(separator: "\n")
    }
}

extension Circumstances {
    fileprivate var settingWord: String {
        switch setting {
        case .standard: "default"
        case .system: "system"
        case .custom(let servers):
            switch servers.first.map(kind(of:)) {
            case .relay, nil: "default"
            case .privateCustom: "private-custom"
            case .publicCustom: "public-custom"
            }
        }
    }
}

extension Decision.Outcome {
    fileprivate var servers: [String] {
        switch self {
        case .ask(_, let asks): asks.map { "\($0.server)" }
        case .refuse, .block, .local: []
        }
    }
}

extension Decision {
    fileprivate func sentence(_ circumstances: Circumstances, _ question: Question, _ app: App, _ rule: Rule?) -> String {
        let isTunneledApp = app == .tunneled && outcome != .block
        let because =
            isTunneledApp
            ? "the app may only use the tunnel" : rule.map { "the rule '\($0.action.rawValue) \($0.text)'" } ?? "the DNS setting"
        switch outcome {
        case .ask(let path, let asks):
            let way =
                switch path {
                case .tunnel: "in the tunnel" + (circumstances.tunnelInUse.map { " '\($0)'" } ?? "") + ", and never outside it"
                case .outside: "outside the tunnel, and never in it"
                case .lan: "outside the tunnel, and only at private addresses"
                }
            let cause = reason == .reserved ? "the name belongs to the local network" : isTunneledApp ? because : because + " says so"
            guard asks.allSatisfy({ $0.path == path }) else {
                return "asked at each server on its own path, in this order: \(cause); "
                    + asks.map { "\($0.server) \($0.path.rawValue)" }.joined(separator: ", ")
            }
            return "asked \(way): \(cause)" + (asks.isEmpty ? "; but no server is known there, so it is answered SERVFAIL" : "")
        case .refuse(let refusal): return "answered SERVFAIL, nothing sent: \(refusal.error.text) (\(because))"
        case .block: return "answered NXDOMAIN, nothing sent: \(because) blocks it"
        case .local(.noSuchName) where Reserved.answer(to: question, rule: self.rule) == nil:
            return "answered NXDOMAIN here, nothing sent: the name belongs to the local network, and no private server is known"
        case .local: return "answered on this machine, nothing sent: the name is reserved by a standard"
        }
    }
}
