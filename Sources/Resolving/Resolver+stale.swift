// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

/// Answers whose time is over, given because nobody on their path gives another (RFC 8767).
extension Resolver {
    /// Gives those who wait for a flight what is kept; the flight goes on.
    mutating func giveStale(_ number: UInt64, at now: Instant) {
        guard let flight = flights[number], !flight.waiters.isEmpty, let found = cache.find(flight.key, at: now, rules: nil) else { return }
        if giveStale(found, to: flight.waiters, at: now) { flights.change(number) { $0.waiters = [] } }
    }

    /// - Returns: whether it could be given. What a rule steers must still be owed: an address that left its set may have become another's.
    mutating func giveStale(_ found: Cache.Found, to waiters: [Flight.Waiter], at now: Instant) -> Bool {
        guard found.isStale(at: now), let question = waiters.first?.query.question else { return false }
        let isOwed = Set(waiters.map(\.client.app)).allSatisfy { app in
            switch ownership(of: question, found.answer.aliases, decide(question, app: app), app: app) {
            case .nobody, .blocked, .refused: true
            case .rule(let claim): found.answer.addresses.allSatisfy { ledger.routes(of: $0).contains(claim.route) }
            }
        }
        guard isOwed else { return false }
        counters.stale += UInt64(waiters.count)
        let answer = found.answer.stale
        forEachApp(of: waiters) { resolver, app, waiters in
            let decision = resolver.decide(question, app: app)
            resolver.deliver(answer, .cache(found.ask), age: 0, to: waiters, decision, isNew: false, at: now)
        }
        return true
    }
}
