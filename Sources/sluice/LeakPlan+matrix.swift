// SPDX-License-Identifier: MIT
import LeakTest
import Wire

/// Plans of a full leak test in the lab: each is one situation.
extension LeakPlan {
    private static let listener = ServerAddress(.v4(0x7F00_0035))
    private static let apps = Matrix.App.allCases

    /// With the positive controls that this state allows.
    init(_ state: Matrix.State, _ variant: LabVariant, _ cells: [Cell]) {
        var controls = [Control(server: ServerAddress(LabVariant.system), mark: 0x0200_0000, side: .outside)]
        if state == .connected { controls.append(Control(server: ServerAddress(LabVariant.relay), mark: 0x0100_0000, side: .tunnel)) }
        self.init(listener: Self.listener, tunnelLinks: [LabStage.device], cells: cells, controls: controls)
        situation = "\(state.rawValue), \(variant.description)"
        groups = AppGroups()
        leastPackets = 2
    }

    /// Every kind of app and rule, names of every type and reverse names, over UDP and TCP.
    static func lookups(_ state: Matrix.State, _ variant: LabVariant) -> LeakPlan {
        let cells = apps.flatMap { app in Matrix.Rule.allCases.flatMap { lookups(state, variant, app, $0) } }
        return LeakPlan(state, variant, cells)
    }

    /// Names with a random label, and reverse names, of one rule.
    static func lookups(
        _ state: Matrix.State, _ variant: LabVariant, _ app: Matrix.App, _ rule: Matrix.Rule, below name: String? = nil
    ) -> [Cell] {
        var coordinates = Matrix.Coordinates(.lookup, state, app)
        coordinates.setting = variant.setting
        coordinates.profile = variant.profile
        coordinates.rule = rule
        guard let expected = Matrix.lookup(coordinates, variant.facts) else { return [] }
        let (suffix, network) = places(of: rule)
        let label = "\(app.rawValue) app, " + (rule == .none ? "no rule" : "\(rule.rawValue) rule")
        let names = Cell(label: label, place: .below(name ?? suffix), expected, coordinates, types: [.a, .aaaa, .https, .ptr])
        guard name == nil, let network = Network(network) else { return [names] }
        return [names, Cell(label: label + ", reverse names", place: .reverse(network), expected, coordinates, types: [.ptr])]
    }

    static func places(of rule: Matrix.Rule) -> (suffix: String, network: String) {
        switch rule {
        case .none: ("other.example", "2001:db8:e1::/48")
        case .tunnel: ("corp.example", "fdaa:1::/48")
        case .direct: ("film.video.example", "2001:db8:d1::/48")
        case .lan: ("nas.home", "fdaa:3::/48")
        case .block: ("ads.example", "2001:db8:b1::/48")
        }
    }

    /// Addresses that lookups have made leases of, or that networks of rules hold, and others; servers stand at each of them.
    private static let targets: [(Matrix.Target, String, String)] = [
        (.tunnel, "203.0.113.18", "leased"), (.tunnel, "2001:db8:203::18", "leased"), (.tunnel, "10.20.0.5", "network"),
        (.direct, "203.0.113.15", "leased"), (.direct, "2001:db8:203::15", "leased"), (.direct, "203.0.113.16", "network"),
        (.lan, "192.168.77.15", "leased"), (.lan, "fd77::15", "leased"), (.block, "203.0.113.17", "network"),
        (.block, "2001:db8:203::17", "network"), (.local, "192.168.77.1", "no rule"), (.local, "fd77::1", "no rule"),
        (.other, "203.0.113.20", "no rule"), (.other, "2001:db8:203::20", "no rule"),
    ]

    /// A connection and a datagram of every kind of app to every kind of address.
    static func traffic(_ state: Matrix.State, _ variant: LabVariant) -> LeakPlan {
        let cells = apps.flatMap { app in targets.compactMap { traffic(state, variant, app, $0) } }
        return LeakPlan(state, variant, cells)
    }

    private static func traffic(
        _ state: Matrix.State, _ variant: LabVariant, _ app: Matrix.App, _ target: (Matrix.Target, String, String)
    ) -> Cell? {
        var coordinates = Matrix.Coordinates(.traffic, state, app)
        coordinates.routing = variant.routing
        coordinates.target = target.0
        guard let address = IPAddress(target.1), let expected = Matrix.traffic(coordinates, to: address, variant.facts) else { return nil }
        let label = "\(app.rawValue) app to \(target.0.rawValue) address \(target.1) (\(target.2))"
        return Cell(label: label, place: .address(address), expected, coordinates)
    }

    /// Questions past the daemon, which nobody but it may send.
    static func ownDNS(_ state: Matrix.State, _ variant: LabVariant) -> LeakPlan {
        let servers = ["\(LabVariant.system)", "\(LabVariant.lan)", "\(LabVariant.relay)", "203.0.113.53", "[2001:db8:203::53]"]
        let cells = apps.flatMap { app in
            servers.flatMap { server in [53, 853].compactMap { ownDNS(state, app, "\(server):\($0)") } }
        }
        return LeakPlan(state, variant, cells)
    }

    private static func ownDNS(_ state: Matrix.State, _ app: Matrix.App, _ server: String) -> Cell? {
        guard let asked = ServerAddress(server) else { return nil }
        var cell = Cell(
            label: "\(app.rawValue) app's own DNS to \(server)", place: .below("other.example"),
            Matrix.Expected(expectation: .nothing), Matrix.Coordinates(.ownDNS, state, app), types: [.a])
        cell.asked = asked
        cell.mustBeAnswered = false
        return cell
    }
}
