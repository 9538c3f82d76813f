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
        let late = applyToHandedOut(at: now)
        // Names that share an address say it twice.
        var seen: Set<SetChange> = []
        let moved = rematchLeases(at: now)
        commit((late + moved).filter { seen.insert($0).inserted }, then: [], from: .here)
    }

    /// Other addresses are the machine's or its networks' own: what is owed and may not stand in a set any more goes.
    mutating func adoptGuard(at now: Instant) {
        let snapshot = snapshot
        guard ledger.contains(where: { !snapshot.admits($0, Ledger.Verdict($1, rule: 0), stands: true) }) else { return }
        commit(rematchLeases(at: now), then: [], from: .here)
    }

    private mutating func rematchLeases(at now: Instant) -> [SetChange] {
        // Who loses its rule is a client's like others now: the rule may come back.
        var released: [(owner: Owner, address: IPAddress, until: Instant)] = []
        let moved = snapshot.rematch(&ledger, at: now) { released.append(($0, $1, $2)) }
        for (owner, address, until) in released where owner != .unknown {
            let aliases = NameList(owner.matched == owner.name ? [] : [owner.matched])
            handedOut.note(owner.name, aliases, [address], until: until + -ledger.grace, at: now)
        }
        return moved
    }

    /// Applies new rules to what clients hold already.
    private mutating func applyToHandedOut(at now: Instant) -> [SetChange] {
        if let forgotten = handedOut.forgottenUntil, forgotten > now { lateUntil = forgotten }
        var changes: [SetChange] = []
        var latecomers: [(claim: Claim, record: HandedOut.Record)] = []
        handedOut.forEach(at: now) { record in
            switch ownership(of: record) {
            case .rule(let claim): latecomers.append((claim, record))
            case .nobody, .blocked, .refused: break
            }
        }
        for (claim, record) in latecomers {
            guard let asked = record.names.first(where: { _ in true }) else { continue }
            let addresses = record.addresses.filter { refusal(of: $0, claim) == nil }
            let seconds = UInt32(clamping: max(0, record.until - now + 999) / 1000)
            changes += owe(addresses, to: claim, asked: asked, ttl: seconds, at: now).changes
            counters.late += 1
        }
        return changes
    }

    /// Whose a remembered answer is by the rules of now, whether its tunnel is connected or not: its traffic is the rule's in every state.
    private func ownership(of record: HandedOut.Record) -> Ownership {
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
            guard isLate, let asked = record.names.first(where: { _ in true }) else { return }
            names.insert(asked)
            late.until = max(record.until, late.until ?? record.until)
        }
        late.names = names.count
        late.forgottenUntil = lateUntil.flatMap { $0 > now ? $0 : nil }
        return late
    }
}
