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
    /// Owes addresses to a rule: what the kernel must have first, and what there is no room for.
    mutating func owe(_ addresses: [IPAddress], to claim: Claim, asked: Name, ttl: UInt32, at now: Instant) -> Ledger.Owed {
        ledger.owe(
            addresses, to: claim.route, snapshot.handling(of: claim.rule), owner: Owner(name: asked, matched: claim.matched),
            rule: claim.rule.number, ttl: ttl, at: now)
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

    /// Writes everything owed into sets that were emptied.
    package mutating func replayLeases(at now: Instant) {
        commit(ledger.replay(at: now), then: [], from: .here)
    }

    mutating func commit(_ changes: [SetChange], then replies: [(waiter: Flight.Waiter, reply: [UInt8])], from source: Source) {
        guard !changes.isEmpty else {
            for (waiter, reply) in replies { send(reply, to: waiter, from: source) }
            return
        }
        let id = CommitID(number: number())
        pending[id] = PendingReplies(changes: changes, replies: replies, source: source)
        effects.append(.commit(id, changes))
    }
}

extension ExtendedError {
    fileprivate static let notSteered = ExtendedError(networkError, "the kernel did not take the address")
}
