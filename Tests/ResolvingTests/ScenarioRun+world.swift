// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Wire
import Workbench

extension ScenarioRun {
    /// Lines that say how the world is; false when the line says something else.
    mutating func prepare(_ words: inout Words) throws(ScenarioFailure) -> Bool {
        switch words.first {
        case "rule", "rules": try prepareRules(&words)
        case "tunnel": try prepareTunnel(&words)
        case "setting":
            _ = try words.next()
            snapshot.circumstances.setting =
                switch try words.next() {
                case "default": .standard
                case "system": .system
                case "custom": .custom(try servers(&words))
                default: throw words.failure("no setting")
                }
        case "system", "relay":
            let word = try words.next()
            let servers = try servers(&words)
            if word == "system" { snapshot.circumstances.systemServers = servers } else { snapshot.circumstances.relayServers = servers }
        case "profile":
            _ = try words.next()
            snapshot.circumstances.profile = try words.next("profile", Profile.init)
        case "lan_sharing":
            _ = try words.next()
            snapshot.circumstances.lanSharing = try words.next() == "on"
        case "tunnel_rules_when_disconnected":
            _ = try words.next()
            snapshot.circumstances.tunnelRulesFallToSystem = try words.next() == "system"
        case "network":
            _ = try words.next()
            snapshot.network = try words.next("number") { Int($0) }
        case "ours":
            _ = try words.next()
            for word in words.takeAll() { snapshot.steeringGuard.ours.insert(.of(word)) }
        case "announced":
            _ = try words.next()
            for word in words.takeAll() { snapshot.steeringGuard.announced.insert(.of(word)) }
        case "rebind_allow":
            _ = try words.next()
            for word in words.takeAll() { snapshot.rebinding.allowed.insert(.of(word)) }
        case "conflict":
            _ = try words.next()
            snapshot.narrows = try words.next("tunnel or narrow") { ["tunnel": false, "narrow": true][$0] }
        case "nat64":
            _ = try words.next()
            snapshot.looksForNAT64 = true
            snapshot.answersSixByNAT64 = try words.next("nodata or answer") { ["nodata": false, "answer": true][$0] }
        case "stale":
            _ = try words.next()
            snapshot.caching.staleWindow = try words.next("time", milliseconds)
        case "prefetch":
            _ = try words.next()
            snapshot.caching.prefetches = try words.next("on or off") { ["on": true, "off": false][$0] }
        case "cache":
            _ = try words.next()
            snapshot.caching.capacity = try words.next("number") { Int($0) }
        case "mixed_case":
            _ = try words.next()
            snapshot.mixesCase = try words.next("on or off") { ["on": true, "off": false][$0] }
        case "ask":
            _ = try words.next()
            snapshot.racesServers = try words.next("order or race") { ["order": false, "race": true][$0] }
        case "grace":
            _ = try words.next()
            grace = try words.next("time", milliseconds)
        case "capacity":
            _ = try words.next()
            capacity = try words.next("number") { Int($0) }
        default: return false
        }
        return true
    }

    private mutating func prepareRules(_ words: inout Words) throws(ScenarioFailure) {
        let isOnly: Bool
        if try words.next() == "rules" {
            isOnly = !words.take("none")
            guard !isOnly || words.take("only") else { throw words.failure("'rules none', 'rules only …' or 'rule …'") }
            rules = []
        } else {
            isOnly = true
        }
        if isOnly {
            let (read, problems) = RuleParser.read(Array(words.takeAll().joined(separator: " ").utf8), file: "scenario")
            guard problems.isEmpty else { throw words.failure("\(problems)") }
            rules += read
        }
        let matcher = Matcher(rules)
        // As at a start, nothing is looked up ahead for the first rules, unless a line says `start`.
        snapshot.ahead = resolver == nil ? [] : matcher.exactNames(notIn: snapshot.matcher)
        snapshot.matcher = matcher
        snapshot.trafficClasses.take(matcher.treatments.compactMap(\.options.trafficClass))
        snapshot.rulesRevision += 1
    }

    private mutating func prepareTunnel(_ words: inout Words) throws(ScenarioFailure) {
        _ = try words.next()
        if words.take("families") {
            snapshot.tunnelFamilies = Set(words.takeAll().compactMap { ["v4": .v4, "v6": .v6][$0] })
            return
        }
        if words.take("named") { return try prepareNamed(&words) }
        let state = try words.next("state") { TunnelState(rawValue: $0) }
        snapshot.circumstances.state = state
        snapshot.circumstances.tunnelInUse = state == .connected ? words.isEmpty ? "office" : try words.next() : nil
    }

    /// `tunnel named NAME STATE [peer N] SERVERS`: the next of the tunnels, or another state of one that there is.
    private mutating func prepareNamed(_ words: inout Words) throws(ScenarioFailure) {
        let name = try words.next()
        let state = try words.next("state") { TunnelState(rawValue: $0) }
        let peer = words.take("peer") ? try words.next("number") { Int($0) } : 0
        let known = snapshot.circumstances.tunnels.firstIndex { $0.name == name }
        let number = known ?? snapshot.circumstances.tunnels.count
        guard let node = Node(number) else { throw words.failure("too many tunnels") }
        let tunnel = NamedTunnel(name, node, state: state, resolvers: try servers(&words), peer: peer)
        if known == nil { snapshot.circumstances.tunnels.append(tunnel) } else { snapshot.circumstances.tunnels[number] = tunnel }
    }

    private func servers(_ words: inout Words) throws(ScenarioFailure) -> [ServerAddress] {
        var servers: [ServerAddress] = []
        for word in words.takeAll() {
            guard let server = ServerAddress(word) else { throw words.failure("'\(word)' is no server") }
            servers.append(server)
        }
        return servers
    }
}
