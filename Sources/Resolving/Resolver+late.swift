// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// How long a client with a warm cache may still take the way that rules have since closed.
package struct Late: Hashable, Sendable {
    /// Names handed out before their rule came whose addresses it could not take: those of `block` rules, and what a guard or a full set refuses.
    package var names = 0
    /// When the last client has forgotten the last of them; nil: there is none.
    package var until: Instant?
    /// Until when clients may hold answers of before the last change of rules that we had to forget; nil: none.
    package var forgottenUntil: Instant?
}

extension Resolver {
    /// Other rules: what clients hold already and what is owed belongs to whom they say, and names that they name exactly are looked up.
    mutating func adoptRules(at now: Instant) {
        ahead.add(snapshot.ahead)
        if let forgotten = handedOut.forgottenUntil, forgotten > now { lateUntil = forgotten }
        arrears.handedOut = handedOut.numbers
        arrears.slots = 0..<ledger.slots
        catchUp(at: now)
    }

    /// Other addresses are the machine's or its networks' own: what is owed and may not stand in a set any more goes.
    mutating func adoptGuard(at now: Instant) {
        ready.forget()
        let snapshot = snapshot
        guard ledger.contains(where: { !snapshot.admits($0, Ledger.Verdict($1, rule: 0), stands: true) }) else { return }
        arrears.slots = 0..<ledger.slots
        catchUp(at: now)
    }

    /// Whose a remembered answer is by the rules of now, whether its tunnel is connected or not: its traffic is the rule's in every state.
    func ownership(of record: HandedOut.Record) -> Ownership {
        if let asked = record.asked, let service = snapshot.service(Question(name: asked, type: .a), ledger) {
            return .rule(Claim(rule: service.rule, route: .tunnel, matched: service.origin))
        }
        for name in record.names {
            guard let rule = snapshot.matcher.match(name) else { continue }
            guard let route = rule.action.route else { return .blocked(name) }
            return .rule(Claim(rule: rule, route: route, matched: name))
        }
        return .nobody
    }

    /// Who may still take an old way.
    package func late(at now: Instant) -> Late {
        var late = Late()
        var names: Set<Name> = []
        handedOut.forEach(at: now) { record in
            guard record.until > now else { return }
            let isLate: Bool =
                switch ownership(of: record) {
                case .nobody, .refused: false
                case .blocked: true
                case .rule(let claim): record.addresses.contains { address in !ledger.routes(of: address).contains(claim.route) }
                }
            guard isLate, let asked = record.asked else { return }
            names.insert(asked)
            late.until = max(record.until, late.until ?? record.until)
        }
        late.names = names.count
        late.forgottenUntil = lateUntil.flatMap { $0 > now ? $0 : nil }
        return late
    }
}
