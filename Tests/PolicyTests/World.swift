// SPDX-License-Identifier: MIT
import Policy
import Rules
import Wire
import Workbench

/// The world the fixtures speak of, and their words for it.
enum World {
    static let question = Question(name: .of("www.example"), type: .a)
    static let system = servers("192.168.1.1,198.51.100.53,100.64.0.53")
    static let relay = servers("10.64.0.1")
    static let privateCustom = servers("192.168.9.9")
    static let publicCustom = servers("203.0.113.53")

    static func circumstances(_ setting: Setting, _ state: TunnelState) -> Circumstances {
        var world = Circumstances(setting: setting, state: state, systemServers: system, relayServers: relay, tunnelInUse: "office")
        world.tunnels = zip(Node.first(2), [("office", relay), ("home", servers("10.64.2.1"))]).map { node, tunnel in
            NamedTunnel(tunnel.0, node, state: state, resolvers: tunnel.1)
        }
        return world
    }

    /// `default`, `system`, `private-custom`, `public-custom`, or custom servers.
    static func setting(_ word: String) -> Setting {
        switch word {
        case "default": .standard
        case "system": .system
        case "private-custom": .custom(privateCustom)
        case "public-custom": .custom(publicCustom)
        default: .custom(servers(word))
        }
    }

    static func servers(_ words: String) -> [ServerAddress] {
        words.split(separator: ",").map { word in
            guard let server = ServerAddress(word) else { fatalError("'\(word)' is not a server") }
            return server
        }
    }

    static func state(_ word: String) -> TunnelState {
        guard let state = TunnelState(rawValue: word) else { fatalError("'\(word)' is not a state") }
        return state
    }

    /// The rule of one line of a rule file.
    static func rule(_ text: String) -> Ruling {
        let (rules, problems) = RuleParser.read(Array(text.utf8), file: "fixture")
        guard let rule = rules.first, problems.isEmpty else { fatalError("'\(text)': \(problems)") }
        return Ruling(number: 0, treatment: rule.treatment)
    }
}

extension Decision {
    /// `path@server …` for questions sent, else the reason.
    var words: String {
        switch outcome {
        case .ask(_, let asks):
            asks.map { "\($0.path.rawValue)\($0.node.map { ":\($0.number)" } ?? "")@\($0.server)" }.joined(separator: " ")
        case .refuse(let refusal): refusal.reason == reason ? reason.rawValue : "\(refusal.reason) but says \(reason)"
        case .block: "block"
        case .local(let answer): "\(answer)"
        }
    }

    var asks: [Ask] {
        guard case .ask(_, let asks) = outcome else { return [] }
        return asks
    }
}
