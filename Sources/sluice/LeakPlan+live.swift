// SPDX-License-Identifier: MIT
import Configuration
import Daemon
import LeakTest
// For words of the configuration only: what is expected comes from the judge's own table.
import Policy
import Rules
import Wire

extension LeakPlan {
    /// Rules of each action that are tried.
    private static let most = 2
    private static let unruled = "example.com"

    /// What of the whole matrix can be asked without disturbing the machine: its setting, profile and state as they are, every kind of rule and
    /// app, every type, both transports. Expected is what the judge's own table says.
    init(live loaded: Loaded, _ status: StatusReport) throws(LeakError) {
        guard let state = Matrix.State(rawValue: status.state) else {
            throw .plan("the daemon's state is '\(status.state)', which the matrix lacks")
        }
        let dns = loaded.configuration.dns
        let inUse = status.tunnels.first(where: \.inUse)
        let relays = (inUse?.resolvers ?? []).compactMap { ServerAddress($0) }
        var facts = Matrix.Facts(
            systemServers: loaded.systemServers.map(\.address), relayServers: relays.map(\.address),
            customServers: dns.servers.map(\.address))
        facts.lanSharing = dns.lanSharing
        facts.fallsToSystem = dns.tunnelRulesWhenDisconnected == .system
        facts.cgnatIsPrivate = dns.cgnat == .lan
        let setting = Self.setting(loaded, facts)

        func cell(_ app: Matrix.App, _ rule: Matrix.Rule, _ label: String, _ place: Cell.Place, via: IPAddress? = nil) -> Cell? {
            var coordinates = Matrix.Coordinates(.lookup, state, app)
            coordinates.setting = setting
            coordinates.profile = dns.profile == .mobile ? .mobile : .desktop
            coordinates.rule = rule
            guard let expected = Matrix.lookup(coordinates, facts, via: via) else { return nil }
            let isReverse = if case .reverse = place { true } else { false }
            var cell = Cell(
                label: "\(app.rawValue) app, \(label)", place: place, expected, coordinates,
                types: isReverse ? [.ptr] : [.a, .aaaa, .https, .ptr])
            // A tunnel without IPv6 answers AAAA here, and a real resolver may be slow.
            cell.everyQuestion = false
            cell.rcodes = expected.expectation == .nothing ? expected.rcodes : []
            return cell
        }
        var cells: [Cell] = []
        for app in Matrix.App.allCases {
            if let none = cell(app, .none, "no rule (\(Self.unruled))", .below(Self.unruled)) { cells.append(none) }
            for (action, kind) in [(Action.tunnel, Matrix.Rule.tunnel), (.direct, .direct), (.lan, .lan), (.block, .block)] {
                let rules = loaded.matcher.rules.lazy.filter { $0.action == action && $0.tunnel == nil }
                cells += rules.compactMap { rule in
                    guard let place = Self.place(of: rule, loaded) else { return nil }
                    let label = "\(action.rawValue) \(rule.text) (\(rule.file):\(rule.line))"
                    return cell(app, kind, label, place, via: rule.options.via?.address)
                }.prefix(Self.most)
            }
        }
        var controls: [Control] = []
        if let server = loaded.systemServers.first(where: \.isPlain) {
            controls.append(Control(server: server, mark: 0x0200_0000, side: .outside))
        }
        if state == .connected, let server = relays.first(where: \.isPlain) {
            controls.append(Control(server: server, mark: 0x0100_0000, side: .tunnel))
        }
        let listen = dns.listen[0]
        self.init(
            listener: ServerAddress(listen.address, port: listen.port), tunnelLinks: Set(status.tunnels.map(\.interface)), cells: cells,
            controls: controls, cgnatIsPrivate: facts.cgnatIsPrivate)
        groups = AppGroups()
        situation = "\(state.rawValue), \(setting?.rawValue ?? "custom servers on several paths"), \(dns.profile.rawValue)"
    }

    /// The setting in the matrix's words; nil for a custom list whose servers take different ways.
    private static func setting(_ loaded: Loaded, _ facts: Matrix.Facts) -> Matrix.Setting? {
        let configuration = loaded.configuration
        switch (configuration.dns.setting, configuration.routing.default) {
        case (.system, _), (.auto, .direct): return .system
        case (.default, _), (.auto, .tunnel): return .standard
        case (.custom, _): break
        }
        let own = loaded.circumstances(state: .connected, systemServers: []).tunnelOwn.union(facts.relayServers)
        let kinds = Set(
            facts.customServers.map { server -> Matrix.Setting in
                own.contains(server) ? .standard : server.isPrivate(cgnat: facts.cgnatIsPrivate) ? .privateCustom : .publicCustom
            })
        return kinds.count > 1 ? nil : kinds.first ?? .standard
    }

    /// Where random names of this rule are; nil where another rule decides for them, or none can be made.
    private static func place(of rule: Rule, _ loaded: Loaded) -> Cell.Place? {
        switch rule.pattern {
        case .suffix(let name), .below(let name):
            guard let below = Name("x.\(name)"), loaded.matcher.decides(by: rule, below) != nil else { return nil }
            return .below("\(name)")
        case .network(let network):
            guard network.address.family == .v6, network.length <= 64 else { return nil }
            return .reverse(network)
        case .exact, .regex, .keyword: return nil
        }
    }

    /// What a live test does not try, and why.
    static func leftOutLive(_ plan: LeakPlan) -> [LeakReport.LeftOut] {
        let disturbs = "it would disturb this machine; `sluice lab -- sluice leaktest --full` tries it"
        let knocks = "it would knock at ports of other people's machines; `sluice lab -- sluice leaktest --full` tries it"
        let state = plan.cells.first?.coordinates?.state
        let setting = plan.cells.first?.coordinates?.setting
        let profile = plan.cells.first?.coordinates?.profile
        return Matrix.State.allCases.filter { $0 != state }.map { LeakReport.LeftOut(label: "state \($0.rawValue)", reason: disturbs) }
            + Matrix.Setting.allCases.filter { $0 != setting }.map { LeakReport.LeftOut(label: "setting \($0.rawValue)", reason: disturbs) }
            + Matrix.Profile.allCases.filter { $0 != profile }.map { LeakReport.LeftOut(label: "profile \($0.rawValue)", reason: disturbs) }
            + ["black hole", "failing upstreams", "reloads", "SIGKILL"].map { LeakReport.LeftOut(label: $0, reason: disturbs) }
            + [LeakReport.LeftOut(label: "traffic of every kind of app", reason: knocks)]
            + (setting == nil && !plan.cells.contains { $0.coordinates?.rule == Matrix.Rule.none }
                ? [LeakReport.LeftOut(label: "names without a rule", reason: "the custom servers take different ways")] : [])
    }
}

extension ServerAddress {
    fileprivate var isPlain: Bool { scheme == .plain }
}

extension Matcher {
    /// The ruling of `rule` on `name`; nil where another rule decides.
    func decides(by rule: Rule, _ name: Name) -> Ruling? { match(name).flatMap { self.rule($0.number) == rule ? $0 : nil } }
}
