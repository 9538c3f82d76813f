// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// Replies that wait for the kernel's word.
struct PendingReplies {
    let changes: [SetChange]
    let replies: [(waiter: Flight.Waiter, reply: [UInt8])]
    let source: Source
}

extension Resolver {
    /// Hands an answer out. Addresses owed to a rule are committed to the kernel first; the replies follow its acknowledgement.
    mutating func deliver(
        _ answer: Answer, _ source: Source, age: UInt32, to waiters: [Flight.Waiter], _ decision: Decision, at now: Instant
    ) {
        guard let first = waiters.first else { return }
        guard let rule = decision.rule, let route = rule.action.route, !answer.addresses.isEmpty else {
            for waiter in waiters { send(waiter.query.reply(answer, age: age), to: waiter, from: source) }
            return
        }
        guard let steered = admitted(answer, first.query, rule, route) else {
            for waiter in waiters { send(waiter.query.reply(.serverFailure, error: .guarded), to: waiter) }
            return
        }
        let ttl = (steered.lifetime ?? 0).subtractingClamped(age)
        let addresses = route == .lan ? steered.addresses.filter { admits($0, rule, route) } : steered.addresses
        let name = first.query.question.name
        let owed = ledger.owe(addresses, to: route, owner: Owner(name: name, matched: name), rule: 0, ttl: ttl, at: now)
        // What nothing could make room for is not handed out; but a `lan` answer stays whole, its addresses go the LAN's way anyhow.
        let rest = route == .lan || owed.excess.isEmpty ? steered : steered.removing(owed.excess, from: first.query)
        let replies = waiters.map { waiter in
            (waiter, rest.map { waiter.query.reply($0, age: age) } ?? waiter.query.reply(.serverFailure, error: .full))
        }
        commit(owed.changes, then: replies, from: source)
    }

    /// The kernel's word on a commit.
    /// - Parameter refused: changes that are not in the kernel; empty when all are.
    package mutating func committed(_ id: CommitID, refused: [SetChange]) {
        guard let pending = pending.removeValue(forKey: id) else { return }
        ledger.settle(pending.changes, refused: refused)
        if !refused.isEmpty { counters.commitFailures += 1 }
        // Outside is where traffic goes that no set holds, so only the tunnel's side has something to lose (invariant 2).
        let leaks = refused.contains { $0.route == .tunnel && $0.change != .remove }
        for (waiter, reply) in pending.replies {
            if leaks {
                send(waiter.query.reply(.serverFailure, error: .notSteered), to: waiter)
            } else {
                send(reply, to: waiter, from: pending.source)
            }
        }
    }

    /// Removes leases whose time is over from the ledger and the kernel.
    package mutating func expireLeases(at now: Instant) {
        commit(ledger.expire(at: now), then: [], from: .here)
    }

    /// Writes everything owed into sets that were emptied.
    package mutating func replayLeases(at now: Instant) {
        commit(ledger.replay(at: now), then: [], from: .here)
    }

    private mutating func commit(_ changes: [SetChange], then replies: [(waiter: Flight.Waiter, reply: [UInt8])], from source: Source) {
        guard !changes.isEmpty else {
            for (waiter, reply) in replies { send(reply, to: waiter, from: source) }
            return
        }
        let id = CommitID(number: number())
        pending[id] = PendingReplies(changes: changes, replies: replies, source: source)
        effects.append(.commit(id, changes))
    }

    /// The answer without the addresses no set may take; nil when none is left. A `lan` answer stays whole: its addresses are not moved.
    private mutating func admitted(_ answer: Answer, _ query: Query, _ rule: Ruling, _ route: SteeredRoute) -> Answer? {
        guard route != .lan else { return answer }
        let refused = answer.addresses.filter { !admits($0, rule, route) }
        guard !refused.isEmpty else { return answer }
        counters.guarded += UInt64(refused.count)
        return answer.removing(refused, from: query)
    }

    private func admits(_ address: IPAddress, _ rule: Ruling, _ route: SteeredRoute) -> Bool {
        snapshot.steeringGuard.admits(
            address, to: route, isPrivate: snapshot.circumstances.ranges.contains(address), allowsPrivate: rule.options.private)
    }
}

extension Action {
    /// The sets this action's addresses go to; a blocked name has none.
    fileprivate var route: SteeredRoute? {
        switch self {
        case .tunnel: .tunnel
        case .direct: .direct
        case .lan: .lan
        case .block: nil
        }
    }
}

extension UInt32 {
    fileprivate func subtractingClamped(_ other: UInt32) -> UInt32 { self > other ? self - other : 0 }
}

extension ExtendedError {
    fileprivate static let guarded = ExtendedError(prohibited, "every address of the answer is one that no rule may steer")
    fileprivate static let full = ExtendedError(networkError, "too many addresses are steered already")
    fileprivate static let notSteered = ExtendedError(networkError, "the kernel did not take the address")
}
