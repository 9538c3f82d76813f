// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// A rule's hold on the addresses of an answer.
struct Claim {
    let rule: Ruling
    let route: SteeredRoute
    /// The name the rule fits: the asked one, one it is an alias of, or one whose service it carries.
    let matched: Name
}

/// Whose an answer is.
enum Ownership {
    case nobody
    case rule(Claim)
    /// A rule for a name it is an alias of blocks it.
    case blocked(Name)
    case refused(Refusal)
}

extension Resolver {
    /// Whose an answer is: the asked name's rule has it; else the first of the names it is an alias of that any rule fits, in the chain's order.
    func ownership(of question: Question, _ aliases: NameList, _ decision: Decision, app: App) -> Ownership {
        if let rule = decision.rule {
            guard let route = rule.action.route else { return .nobody }
            return .rule(Claim(rule: rule, route: route, matched: snapshot.service(question, ledger)?.origin ?? question.name))
        }
        if aliases.isEmpty { return .nobody }
        // An app may have been decided for without the name's rule, which comes before the aliases' all the same.
        if app == .tunneled, snapshot.matcher.match(question.name) != nil { return .nobody }
        for alias in aliases {
            guard let rule = snapshot.matcher.match(alias) else { continue }
            switch snapshot.circumstances.decide(alias: rule, app: app) {
            case .none: return .nobody
            case .block: return .blocked(alias)
            case .refuse(let refusal): return .refused(refusal)
            case .steer(let rule):
                guard let route = rule.action.route else { return .nobody }
                return .rule(Claim(rule: rule, route: route, matched: alias))
            }
        }
        return .nobody
    }

    /// A rule for the name; else that of the name whose service it carries; else, in a reverse zone, the one that owns the address: by lease, then by
    /// network.
    func rule(for question: Question) -> Ruling? {
        if let rule = snapshot.matcher.match(question.name) { return rule }
        if let service = snapshot.service(question, ledger) { return service.rule }
        guard let network = Reserved.network(of: question.name), network.length == network.address.width else { return nil }
        for owner in ledger.owners(of: network.address) {
            if let rule = snapshot.matcher.match(owner.name) ?? snapshot.matcher.match(owner.matched) { return rule }
        }
        return snapshot.matcher.match(network.address)
    }
}

extension Action {
    /// The sets this action's addresses go to; a blocked name has none.
    package var route: SteeredRoute? {
        switch self {
        case .tunnel: .tunnel
        case .direct: .direct
        case .lan: .lan
        case .block: nil
        }
    }
}
