// SPDX-License-Identifier: MIT
import Rules
import Wire

extension Circumstances {
    /// The matrix: where the lookup of `question` goes. Depends on nothing else, asks nobody, sends nothing.
    /// - Parameter rule: the rule that matches the name, or, for a name of a reverse zone, that owns its address; nil if none does.
    package func decide(_ question: Question, rule: Ruling?, app: App) -> Decision {
        if let answer = Reserved.answer(to: question, rule: rule) { return Decision(.local(answer), .reserved) }
        switch (app, profile) {
        case (.excluded, .mobile): return Decision(outsideToSystem, .setting)
        case (.tunneled, .desktop), (.tunneled, .mobile):
            if let rule, rule.action == .block { return Decision(.block, .blocked, rule: rule) }
            let own = rule?.action == .tunnel ? rule : nil
            return Decision(tunneled(by: own), rule: own)
        case (.normal, .desktop), (.normal, .mobile), (.excluded, .desktop): break
        }
        if let rule { return decide(by: rule) }
        if Reserved.isLocal(question, ranges) {
            return privateSystemServers.isEmpty
                ? Decision(.local(.noSuchName), .reserved)
                : Decision(.ask(path: .lan, privateSystemServers.map { Ask(.lan, $0) }), .reserved)
        }
        return decideBySetting()
    }

    // MARK: Names with a rule

    private func decide(by rule: Ruling) -> Decision {
        switch rule.action {
        case .block: return Decision(.block, .blocked, rule: rule)
        case .direct:
            return Decision(rule.options.via.map { .ask(path: .outside, [Ask(.outside, $0)]) } ?? outsideToSystem, .rule, rule: rule)
        case .lan:
            let servers = (rule.options.via.map { [$0] } ?? systemServers).filter { ranges.contains($0.address) }
            return servers.isEmpty
                ? Decision(.refuse(.noPrivateServer), .noPrivateServer, rule: rule)
                : Decision(.ask(path: .lan, servers.map { Ask(.lan, $0) }), .rule, rule: rule)
        case .tunnel: return Decision(outcome(ofTunnel: rule), rule: rule)
        }
    }

    /// The row of a `tunnel` rule. Where it names one, that one's state decides; but that none is wanted at all is said by the state of all.
    func outcome(ofTunnel rule: Ruling) -> Decision.Outcome {
        switch state {
        case .connected: inTunnel(by: rule)
        case .disconnected where tunnelRulesFallToSystem: outsideToSystem
        case .disconnected, .connecting, .disconnecting, .error: .refuse(notConnected(rule))
        }
    }

    private func notConnected(_ rule: Ruling?) -> Refusal {
        guard let name = rule?.tunnel, let rule else { return .notConnected(state) }
        guard let state = tunnel(of: rule)?.state, state != .connected else { return .namedTunnel(name, self.state) }
        return .namedTunnel(name, state)
    }

    private func inTunnel(by rule: Ruling?) -> Decision.Outcome {
        if let rule, let name = rule.tunnel { return inTunnel(name, by: rule) }
        if let server = rule?.options.via { return .ask(path: .tunnel, [Ask(.tunnel, server)]) }
        let servers = publicCustomServers
        return .ask(path: .tunnel, servers.isEmpty ? relayAsks : servers.map { Ask(.tunnel, $0) })
    }

    /// By the tunnel that the rule names, and by no other, whichever is in use.
    private func inTunnel(_ name: String, by rule: Ruling) -> Decision.Outcome {
        guard let tunnel = tunnel(of: rule) else { return .refuse(.namedTunnel(name, .disconnected)) }
        switch tunnel.state {
        case .connected:
            let wanted = rule.options.via.map { [$0] } ?? publicCustomServers
            return .ask(path: .tunnel, (wanted.isEmpty ? tunnel.resolvers : wanted).map { Ask(.tunnel, $0, by: tunnel.node) })
        case .disconnected, .connecting, .disconnecting, .error: return .refuse(.namedTunnel(name, tunnel.state))
        }
    }

    /// An app that may only use the tunnel: as by a `tunnel` rule, and refused whenever there is none.
    private func tunneled(by rule: Ruling?) -> Decision.Outcome {
        switch state {
        case .connected: inTunnel(by: rule)
        case .disconnected, .connecting, .disconnecting, .error: .refuse(notConnected(rule))
        }
    }

    // MARK: Names without a rule

    private func decideBySetting() -> Decision {
        switch setting {
        case .system: return Decision(outsideToSystem, .setting)
        case .standard: return Decision(outcome(.relay, nil), rule: nil, otherwise: .setting)
        case .custom(let servers):
            let outcomes = servers.map { outcome(kind(of: $0), $0) }
            if state == .disconnected { return Decision(outsideToSystem, .setting) }
            var asks: [Ask] = []
            for case .ask(_, let some) in outcomes { for ask in some where !asks.contains(ask) { asks.append(ask) } }
            // An empty list is Default DNS, never a way out.
            guard let first = asks.first else { return Decision(outcomes.first ?? outcome(.relay, nil), rule: nil, otherwise: .setting) }
            return Decision(.ask(path: first.path, asks), .setting)
        }
    }

    /// One row of the table, for one server of the list.
    private func outcome(_ kind: ServerKind, _ server: ServerAddress?) -> Decision.Outcome {
        switch (kind, state) {
        case (.relay, .disconnected), (.privateCustom, .disconnected), (.publicCustom, .disconnected):
            outsideToSystem
        case (.relay, .connected):
            .ask(path: .tunnel, server.map { [Ask(.tunnel, $0)] } ?? relayAsks)
        case (.publicCustom, .connected):
            .ask(path: .tunnel, server.map { [Ask(.tunnel, $0)] } ?? [])
        case (.privateCustom, .connected):
            lanSharing || profile == .desktop ? .ask(path: .lan, server.map { [Ask(.lan, $0)] } ?? []) : .refuse(.lanSharingOff)
        case (.privateCustom, .connecting), (.privateCustom, .disconnecting), (.privateCustom, .error):
            lanSharing ? .ask(path: .lan, server.map { [Ask(.lan, $0)] } ?? []) : .refuse(.lanSharingOff)
        case (.relay, .connecting), (.relay, .disconnecting), (.relay, .error),
            (.publicCustom, .connecting), (.publicCustom, .disconnecting), (.publicCustom, .error):
            .refuse(.notConnected(state))
        }
    }

    private var outsideToSystem: Decision.Outcome { .ask(path: .outside, systemAsks) }
}

extension Decision {
    /// A decision whose reason is its refusal's, or else the rule's.
    fileprivate init(_ outcome: Outcome, rule: Ruling?, otherwise reason: Reason = .rule) {
        if case .refuse(let refusal) = outcome {
            self.init(outcome, refusal.reason, rule: rule)
        } else {
            self.init(outcome, reason, rule: rule)
        }
    }
}
