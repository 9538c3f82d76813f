// SPDX-License-Identifier: MIT
import Rules

/// What becomes of an answer whose asked name no rule has, by a rule for a name that it is an alias of.
package enum AliasDecision: Hashable, Sendable {
    /// The rule is not for this app.
    case none
    case block
    case refuse(Refusal)
    /// Its addresses belong to the rule.
    case steer(Ruling)
}

extension Circumstances {
    /// What a rule does that fits a name in the chain, and not the asked one. The lookup has taken its own way already: only the answer and the traffic
    /// that follows are the rule's.
    package func decide(alias rule: Ruling, app: App) -> AliasDecision {
        switch (app, profile) {
        case (.excluded, .mobile): return .none
        case (.tunneled, .desktop), (.tunneled, .mobile):
            switch rule.action {
            case .block: return .block
            case .direct, .lan: return .none
            case .tunnel: break
            }
        case (.normal, .desktop), (.normal, .mobile), (.excluded, .desktop): break
        }
        switch rule.action {
        case .block: return .block
        case .direct, .lan: return .steer(rule)
        case .tunnel:
            switch outcome(ofTunnel: rule) {
            case .refuse(let refusal): return .refuse(refusal)
            case .ask, .block, .local: return .steer(rule)
            }
        }
    }
}
