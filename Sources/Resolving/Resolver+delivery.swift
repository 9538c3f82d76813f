// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// What an answer has become on its way out.
private enum Prepared {
    /// Handed out with `ttl` seconds left; the changes must be in the kernel first.
    case answer(Answer, [SetChange])
    case noData
    case blocked(ExtendedError)
    case refused(ExtendedError)
}

extension Resolver {
    /// Hands an answer out. Addresses owed to a rule are committed to the kernel first; the replies follow its acknowledgement.
    mutating func deliver(
        _ answer: Answer, _ source: Source, age: UInt32, to waiters: [Flight.Waiter], _ decision: Decision, isNew: Bool, at now: Instant
    ) {
        guard let first = waiters.first else { return }
        let prepared = prepare(answer, source, age: age, first.query, decision, app: first.client.app, isNew: isNew, at: now)
        carryOut(prepared, age: age, source, to: waiters)
    }

    private mutating func carryOut(_ prepared: Prepared, age: UInt32, _ source: Source, to waiters: [Flight.Waiter]) {
        switch prepared {
        case .answer(let answer, let changes) where changes.isEmpty:
            for waiter in waiters { send(waiter.query.reply(answer, age: age), to: waiter, from: source) }
        case .answer(let answer, let changes):
            commit(changes, then: waiters.map { ($0, $0.query.reply(answer, age: age)) }, from: source)
        case .noData: for waiter in waiters { send(waiter.query.reply(.noError, authority: .denial), to: waiter, from: source) }
        case .blocked(let error):
            counters.blocked += UInt64(waiters.count)
            for waiter in waiters { send(waiter.query.reply(.nameError, error: error), to: waiter, from: source) }
        case .refused(let error): for waiter in waiters { send(waiter.query.reply(.serverFailure, error: error), to: waiter, from: source) }
        }
    }

    /// Hands out what was kept. Where nothing had to be done for it, the next one who asks gets it as it is.
    mutating func deliver(_ found: Cache.Found, to waiter: Flight.Waiter, _ decision: Decision, at now: Instant) {
        let (query, age) = (waiter.query, now.seconds(since: found.came))
        let byAlias = counters.byAlias
        let prepared = prepare(
            found.answer, .cache(found.ask), age: age, query, decision, app: waiter.client.app, isNew: found.isNew, at: now)
        switch prepared {
        case .answer(let answer, let changes) where changes.isEmpty:
            let reply = query.reply(answer, age: age)
            send(reply, to: waiter, from: .cache(found.ask))
            // Whether a `direct` name's addresses are a tunnel's as well is another question each time.
            let isMovable = snapshot.narrows && (decision.rule != nil || !answer.aliases.isEmpty)
            guard answer.body == found.answer.body, !found.isStale(at: now), !isMovable, staysDecided(query.question) else { return }
            ready.keep(
                reply, to: query, waiter.client.app, counters.byAlias > byAlias ? .byAlias : .cached, ttls: answer.ttls, came: found.came,
                over: snapshot.caching.prefetches ? max(found.aging, found.retry) : found.over, at: now)
        default: carryOut(prepared, age: age, .cache(found.ask), to: [waiter])
        }
    }

    /// Owes what an answer says, for nobody: of a question of our own.
    mutating func learn(_ answer: Answer, _ source: Source, age: UInt32, _ query: Query, at now: Instant) {
        let decision = decide(query.question, app: .normal)
        switch prepare(answer, source, age: age, query, decision, app: .normal, isNew: false, at: now) {
        case .answer(_, let changes): commit(changes, then: [], from: source)
        case .noData, .blocked, .refused: break
        }
    }

    private mutating func prepare(
        _ answer: Answer, _ source: Source, age: UInt32, _ query: Query, _ decision: Decision, app: App, isNew: Bool, at now: Instant
    ) -> Prepared {
        switch ownership(of: query.question, answer.aliases, decision, app: app) {
        case .nobody:
            guard !answer.addresses.isEmpty else { return .answer(answer, []) }
            guard let safe = unbound(answer, source, query, app: app, at: now) else {
                return [.https, .svcb].contains(query.question.type) ? .noData : .refused(.inside)
            }
            if isNew { remember(safe, query, app: app, age: age, at: now) }
            return .answer(safe, [])
        case .blocked(let alias):
            return .blocked(ExtendedError(ExtendedError.blocked, "blocked by a rule for \(alias), which it is an alias of"))
        case .refused(let refusal):
            counters.refused += 1
            return .refused(refusal.error)
        case .rule(let claim):
            if claim.matched != query.question.name { counters.byAlias += 1 }
            if claim.matched != query.question.name, snapshot.hides(query.question.type, claim.rule) { return .noData }
            var safe = answer
            // By an alias that came on another way than the rule's own it is the word of whoever answers there: it does not lead inside.
            if claim.matched != query.question.name, source.path != claim.route.path {
                guard let unbound = unbound(answer, source, query, app: .normal, at: now) else {
                    return [.https, .svcb].contains(query.question.type) ? .noData : .refused(.inside)
                }
                safe = unbound
            }
            let prepared = steer(safe, query, claim, age: age, at: now)
            // The ledger knows the asked name and the one the rule fits; other rules may fit others of the chain.
            if isNew, !answer.aliases.isEmpty, case .answer(let given, _) = prepared { remember(given, query, app: app, age: age, at: now) }
            return prepared
        }
    }

    /// The answer as a rule wants it, its addresses owed.
    private mutating func steer(_ answer: Answer, _ query: Query, _ claim: Claim, age: UInt32, at now: Instant) -> Prepared {
        let name = query.question.name
        let isBinding = [.https, .svcb].contains(query.question.type)
        guard isBinding || !answer.addresses.isEmpty else { return .answer(answer, []) }
        let ttl = (answer.lifetime ?? 0).subtractingClamped(age)
        if isBinding, claim.route == .tunnel { lead(answer.serviceTargets, from: claim.matched, ttl: ttl, at: now) }

        let refused = refused(answer.addresses, of: name, claim, at: now)
        let admitted = refused.isEmpty ? answer.addresses : answer.addresses.filter { !refused.contains($0) }
        var cut = Cut()
        cut.refused = refused
        cut.malformed = true
        cut.refused.formUnion(narrowed(admitted, of: name, claim, at: now))
        switch claim.rule.options.hints {
        case .strip, .nodata: cut.hints = [.v4, .v6]
        case .lease where isBinding && claim.route == .tunnel:
            cut.hints = Set(IPAddress.Family.allCases).subtracting(snapshot.families(of: claim.rule))
        case .lease: break
        }
        let isCut = isBinding || !cut.refused.isEmpty
        guard var steered = isCut ? answer.cutting(cut, for: query) : answer else { return isBinding ? .noData : .refused(.guarded) }
        // Hints of a family the tunnel does not carry are taken out, and yet owed to it: a client that has one all the same is rejected there.
        let left = steered.addresses
        var owed = left
        if claim.route == .tunnel, left.count < admitted.count {
            owed += admitted.filter { !snapshot.families(of: claim.rule).contains($0.family) && !left.contains($0) }
        }
        let given = owe(owed, to: claim, asked: name, ttl: ttl, at: now)
        let (changes, excess) = (given.changes, given.excess)
        // What goes to the LAN goes there without a set, too.
        if !excess.isEmpty, claim.route != .lan {
            note(.excess, name, excess, at: now)
            counters.excess += UInt64(excess.count)
            guard let rest = steered.cutting(Cut(refused: excess), for: query) else {
                commit(changes, then: [], from: .here)
                return .refused(.full)
            }
            steered = rest
        }
        return .answer(steered, changes)
    }

    /// Names the service of `origin` leads to are its own from now on, and what clients hold of them already.
    private mutating func lead(_ targets: [Name], from origin: Name, ttl: UInt32, at now: Instant) {
        let isKnown = targets.allSatisfy { ledger.services.origin(of: $0) == origin }
        ledger.remember(targets, of: origin, ttl: ttl, at: now)
        guard !isKnown else { return }
        ready.forget()
        guard handedOut.count > 0 else { return }
        arrears.handedOut = handedOut.numbers
        catchUp(at: now)
    }

    /// Addresses no set may take.
    mutating func refused(_ addresses: [IPAddress], of name: Name, _ claim: Claim, at now: Instant) -> Set<IPAddress> {
        var refused: Set<IPAddress> = []
        var reasons: [SteeringGuard.Reason: [IPAddress]] = [:]
        for address in addresses {
            guard let reason = refusal(of: address, claim) else { continue }
            refused.insert(address)
            reasons[reason, default: []].append(address)
        }
        for (reason, some) in reasons {
            counters.guarded[reason, default: 0] += UInt64(some.count)
            note(.guarded(reason), name, some, at: now)
        }
        return refused
    }

    func refusal(of address: IPAddress, _ claim: Claim) -> SteeringGuard.Reason? {
        snapshot.refusal(of: address, to: claim.route, claim.rule)
    }

    /// Of a `direct` name's addresses those that go in the tunnel all the same, if they are to be left out and others remain (`conflict = "narrow"`).
    /// Never the other way round: the tunnel's side is not weakened.
    private mutating func narrowed(_ addresses: [IPAddress], of name: Name, _ claim: Claim, at now: Instant) -> Set<IPAddress> {
        guard claim.route == .direct, snapshot.narrows else { return [] }
        let shared = addresses.filter { address in
            ledger.routes(of: address).contains(.tunnel) || snapshot.matcher.isTunnels(address)
        }
        guard !shared.isEmpty else { return [] }
        guard shared.count < addresses.count else {
            counters.conflicts += 1
            note(.conflict, name, shared, at: now)
            return []
        }
        counters.narrowed += UInt64(shared.count)
        note(.narrowed, name, shared, at: now)
        return Set(shared)
    }

    /// The answer to a name that no rule has, without what leads inside; nil when nothing is left.
    private mutating func unbound(_ answer: Answer, _ source: Source, _ query: Query, app: App, at now: Instant) -> Answer? {
        let name = query.question.name
        let ranges = snapshot.circumstances.ranges
        let inside = answer.addresses.filter { address in
            switch app {
            // As by a `tunnel` rule: private addresses are that side's own.
            case .tunneled:
                snapshot.steeringGuard.refusal(of: address, to: .tunnel, isPrivate: ranges.contains, allowsPrivate: true) != nil
            case .normal, .excluded:
                snapshot.leadsInside(address)
            }
        }
        guard !inside.isEmpty, source.path != .lan, !snapshot.rebinding.allows(name) else { return answer }
        counters.rebinding += UInt64(inside.count)
        note(.rebinding, name, inside, at: now)
        return answer.cutting(Cut(refused: inside), for: query)
    }

    mutating func note(_ kind: Note.Kind, _ name: Name, _ addresses: [IPAddress], at now: Instant) {
        if let note = valve.pass(kind, name, addresses, at: now) { effects.append(.note(note)) }
    }

    /// Whether rules that come later concern the traffic of such an app.
    func isMovedByRules(_ app: App) -> Bool {
        switch (app, snapshot.circumstances.profile) {
        case (.tunneled, .desktop), (.tunneled, .mobile), (.excluded, .mobile): false
        case (.normal, .desktop), (.normal, .mobile), (.excluded, .desktop): true
        }
    }

    /// Notes an answer for rules that come later; but not that of an app whose traffic no rule moves.
    private mutating func remember(_ answer: Answer, _ query: Query, app: App, age: UInt32, at now: Instant) {
        guard isMovedByRules(app) else { return }
        let ttl = (answer.lifetime ?? 0).subtractingClamped(age)
        handedOut.note(query.question.name, answer.aliases, answer.addresses, until: now + Int64(ttl) * 1000, at: now)
    }
}

extension Source {
    /// The way the answer came; nil: it was made here.
    var path: Path? {
        switch self {
        case .here: nil
        case .cache(let ask), .server(let ask): ask.path
        }
    }
}

extension SteeredRoute {
    /// The way on which a name of such a rule is looked up.
    fileprivate var path: Path {
        switch self {
        case .tunnel: .tunnel
        case .direct: .outside
        case .lan: .lan
        }
    }
}

extension UInt32 {
    func subtractingClamped(_ other: UInt32) -> UInt32 { self > other ? self - other : 0 }
}

extension ExtendedError {
    fileprivate static let guarded = ExtendedError(prohibited, "every address of the answer is one that no rule may steer")
    fileprivate static let full = ExtendedError(networkError, "too many addresses are steered already")
    fileprivate static let inside = ExtendedError(
        prohibited, "every address of the answer leads to this machine or its networks; rebind_allow of [dns] lets a name do that")
}
