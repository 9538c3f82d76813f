// SPDX-License-Identifier: MIT
import Policy
import Rules
import Wire

// Decisions in the words of `why`.

extension Circumstances {
    var settingWord: String {
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
    var servers: [String] {
        switch self {
        case .ask(_, let asks): asks.map { "\($0.server)" }
        case .refuse, .block, .local: []
        }
    }
}

extension Decision {
    func sentence(_ circumstances: Circumstances, _ question: Question, _ app: App, _ rule: Rule?, areServersKnown: Bool) -> String {
        let isTunneledApp = app == .tunneled && outcome != .block
        let because =
            isTunneledApp
            ? "the app may only use the tunnel" : rule.map { "the rule '\($0.action.rawValue) \($0.text)'" } ?? "the DNS setting"
        switch outcome {
        case .ask(let path, let asks):
            let way =
                switch path {
                case .tunnel:
                    "in the tunnel" + ((self.rule?.tunnel ?? circumstances.tunnelInUse).map { " '\($0)'" } ?? "") + ", and never outside it"
                case .outside: "outside the tunnel, and never in it"
                case .lan: "outside the tunnel, and only at private addresses"
                }
            let cause = reason == .reserved ? "the name belongs to the local network" : isTunneledApp ? because : because + " says so"
            guard asks.allSatisfy({ $0.path == path }) else {
                return "asked at each server on its own path, in this order: \(cause); "
                    + asks.map { "\($0.server) \($0.path.rawValue)" }.joined(separator: ", ")
            }
            let lack = areServersKnown ? "; but no server is known there, so it is answered SERVFAIL" : ""
            return "asked \(way): \(cause)" + (asks.isEmpty ? lack : "")
        case .refuse(let refusal): return "answered SERVFAIL, nothing sent: \(refusal.error.text) (\(because))"
        case .block: return "answered NXDOMAIN, nothing sent: \(because) blocks it"
        case .local(.noSuchName) where Reserved.answer(to: question, rule: self.rule) == nil:
            return "answered NXDOMAIN here, nothing sent: the name belongs to the local network, and no private server is known"
        case .local: return "answered on this machine, nothing sent: the name is reserved by a standard"
        }
    }
}

extension Decision.Outcome {
    /// The contract's word for a path.
    package var word: String {
        switch self {
        case .ask(let path, _): path.rawValue
        case .refuse: "refuse"
        case .block: "block"
        case .local: "local"
        }
    }
}
