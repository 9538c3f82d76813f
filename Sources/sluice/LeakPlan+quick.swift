// SPDX-License-Identifier: MIT
import Configuration
import Daemon
import LeakTest
import Policy
import Rules
import Wire

extension LeakPlan {
    /// Rules of each action that are tried.
    private static let most = 2
    /// Names that no rule should have: the random label alone decides.
    private static let unruled = "example.com"

    /// A cell for rules of each action, one for names without a rule, and a positive control for each way out.
    init(_ loaded: Loaded, _ status: StatusReport) {
        let state = TunnelState(rawValue: status.state) ?? .error
        var circumstances = loaded.circumstances(state: state, systemServers: loaded.systemServers)
        let inUse = status.tunnels.first(where: \.inUse)
        circumstances.tunnelInUse = inUse?.name
        circumstances.relayServers = inUse?.resolvers.compactMap { ServerAddress($0) } ?? []
        for index in circumstances.tunnels.indices {
            let known = status.tunnels.first { $0.name == circumstances.tunnels[index].name }
            circumstances.tunnels[index].state = known.flatMap { TunnelState(rawValue: $0.state) } ?? .error
        }

        var cells: [Cell] = []
        for action in Action.allCases {
            let rules = loaded.matcher.rules.lazy.filter { $0.action == action }
            cells += rules.compactMap { Self.cell(for: $0, loaded, circumstances) }.prefix(Self.most)
        }
        if let name = Name("x." + Self.unruled) {
            let decision = circumstances.decide(Question(name: name, type: .a), rule: loaded.matcher.match(name), app: .normal)
            if let expected = Expectation(decision.outcome) {
                cells.append(Cell(label: "no rule (\(Self.unruled))", place: .below(Self.unruled), expected: expected))
            }
        }
        var controls: [Control] = []
        if let server = circumstances.systemServers.first(where: \.isPlain) {
            controls.append(Control(server: server, mark: Path.outside.mark, side: .outside))
        }
        if state == .connected, let server = circumstances.relayServers.first(where: \.isPlain) {
            controls.append(Control(server: server, mark: Path.tunnel.mark, side: .tunnel))
        }
        let listen = loaded.configuration.dns.listen[0]
        self.init(
            listener: ServerAddress(listen.address, port: listen.port), tunnelLinks: Set(status.tunnels.map(\.interface)), cells: cells,
            controls: controls, cgnatIsPrivate: circumstances.ranges.includesCGNAT)
    }

    /// The cell of one rule; nil for a rule of no names, and where another rule or another path decides for the names below it.
    private static func cell(for rule: Rule, _ loaded: Loaded, _ circumstances: Circumstances) -> Cell? {
        let label = "\(rule.action.rawValue) \(rule.text) (\(rule.file):\(rule.line))"
        switch rule.pattern {
        case .exact(let name):
            guard let ruling = loaded.matcher.decides(by: rule, name) else { return nil }
            let decision = circumstances.decide(Question(name: name, type: .a), rule: ruling, app: .normal)
            return Expectation(decision.outcome).map { Cell(label: label, place: .exactly("\(name)"), expected: $0) }
        case .suffix(let name), .below(let name):
            guard let below = Name("x.\(name)"), let ruling = loaded.matcher.decides(by: rule, below) else { return nil }
            let decision = circumstances.decide(Question(name: below, type: .a), rule: ruling, app: .normal)
            return Expectation(decision.outcome).map { Cell(label: label, place: .below("\(name)"), expected: $0) }
        case .regex, .keyword, .network: return nil
        }
    }
}

extension Expectation {
    /// Where packets of such a decision may be seen; nil where a custom list sends some here and some there, or no server is known.
    fileprivate init?(_ outcome: Decision.Outcome) {
        switch outcome {
        case .refuse, .block, .local: self = .nothing
        case .ask(let path, let asks):
            guard !asks.isEmpty, asks.allSatisfy({ $0.path == path }) else { return nil }
            switch path {
            case .tunnel: self = .tunnel
            case .outside: self = .outside
            case .lan: self = .lan
            }
        }
    }
}

extension ServerAddress {
    fileprivate var isPlain: Bool { scheme == .plain }
}
