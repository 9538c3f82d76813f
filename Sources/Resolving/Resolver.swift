// SPDX-License-Identifier: MIT
import DequeModule
import Policy
import Rules
import Steering
import Wire

/// The core: questions, replies and time in, effects out. No socket, no clock, no allocation of anything but memory.
package struct Resolver {
    /// What is to be done, in order. The caller carries it out and empties it.
    package var effects: [Effect] = []
    package private(set) var snapshot: Snapshot
    package var ledger: Ledger
    package var counters = Counters()

    var cache: Cache
    var partitions = Partitions()
    var flights: [Cache.Key: Flight] = [:]
    var flightOfAsk: [AskID: Cache.Key] = [:]
    /// Flights by their beginning; some have ended.
    var departures: Deque<(key: Cache.Key, began: Instant)> = []
    /// No flight is due before this.
    var earliestDue: Instant?
    var pending: [CommitID: PendingReplies] = [:]
    var lastNumber: UInt64 = 0
    let random: @Sendable () -> UInt16

    /// Questions in flight at the most; the oldest makes room for the next.
    static let mostFlights = 4096
    static let mostWaiters = 1024

    package struct Counters: Hashable, Sendable {
        package var questions: UInt64 = 0
        package var hits: UInt64 = 0
        package var refused: UInt64 = 0
        package var blocked: UInt64 = 0
        package var local: UInt64 = 0
        /// Replies that did not fit the question waiting on their socket.
        package var foreignReplies: UInt64 = 0
        /// Addresses no set may take, removed from answers.
        package var guarded: UInt64 = 0
        package var commitFailures: UInt64 = 0
        package var asked: [Path: UInt64] = [:]
    }

    /// - Parameters:
    ///   - cacheCapacity: bytes, see `Cache`.
    ///   - random: unpredictable ids for questions to upstreams (RFC 5452 section 9.2).
    package init(snapshot: Snapshot, ledger: Ledger, cacheCapacity: Int = 8 << 20, random: @escaping @Sendable () -> UInt16) {
        self.snapshot = snapshot
        self.ledger = ledger
        cache = Cache(capacity: cacheCapacity)
        self.random = random
    }

    /// Answers kept.
    package var cachedAnswers: Int { cache.count }

    /// A client's question.
    package mutating func receive(_ query: Query, from client: Client, at now: Instant) {
        counters.questions += 1
        let waiter = Flight.Waiter(query: query, client: client)
        if query.question.type == .any {
            // RFC 8482 section 4.2: one synthetic record instead of all there is.
            return send(query.reply(.noError, records: [.init(.hinfo, ttl: 3600, data: [7] + Array("RFC8482".utf8) + [0])]), to: waiter)
        }
        let decision = decide(query.question, app: client.app)
        switch decision.outcome {
        case .local(let answer):
            counters.local += 1
            send(query.reply(answer), to: waiter)
        case .block:
            counters.blocked += 1
            send(query.reply(.nameError, error: ExtendedError(ExtendedError.blocked, "blocked by a rule")), to: waiter)
        case .refuse(let refusal):
            counters.refused += 1
            send(query.reply(.serverFailure, error: refusal.error), to: waiter)
        case .ask(_, let asks):
            resolve(waiter, decision, asks, at: now)
        }
    }

    /// What would be done with a question now.
    package func decide(_ question: Question, app: App) -> Decision {
        snapshot.circumstances.decide(question, rule: rule(for: question), app: app)
    }

    /// A rule for the name, else, in a reverse zone, the one that owns the address: by lease, then by network.
    private func rule(for question: Question) -> Ruling? {
        if let rule = snapshot.matcher.match(question.name) { return rule }
        guard let network = Reserved.network(of: question.name), network.length == network.address.width else { return nil }
        for owner in ledger.owners(of: network.address) {
            if let rule = snapshot.matcher.match(owner.matched) { return rule }
        }
        return snapshot.matcher.match(network.address)
    }

    private mutating func resolve(_ waiter: Flight.Waiter, _ decision: Decision, _ asks: [Ask], at now: Instant) {
        guard !asks.isEmpty else {
            return send(waiter.query.reply(.serverFailure, error: .noServer), to: waiter)
        }
        if hidesType(waiter.query.question.type, decision) { return send(waiter.query.reply(.noError), to: waiter) }
        let group = Partitions.Group(asks: asks, tunnel: snapshot.circumstances.tunnelInUse, network: snapshot.network)
        let key = Cache.Key(
            partition: partitions.number(of: group), question: waiter.query.question, dnssecOK: waiter.query.edns?.dnssecOK ?? false,
            checkingDisabled: waiter.query.flags.contains(.checkingDisabled))
        if let (answer, ask, age) = cache.find(key, at: now) {
            counters.hits += 1
            deliver(answer, .cache(ask), age: age, to: [waiter], decision, at: now)
        } else {
            fly(waiter, decision, asks, key, at: now)
        }
    }

    /// Types a rule answers NODATA for: addresses of a family its tunnel does not carry, and service bindings whose hints it does not want.
    private func hidesType(_ type: RecordType, _ decision: Decision) -> Bool {
        guard let rule = decision.rule else { return false }
        switch type {
        case .a: return rule.action == .tunnel && !snapshot.tunnelFamilies.contains(.v4)
        case .aaaa: return rule.action == .tunnel && !snapshot.tunnelFamilies.contains(.v6)
        case .https, .svcb: return rule.options.hints != .lease
        default: return false
        }
    }

    /// Takes on a new world. A question in flight whose way is no longer the decided one is decided anew; but what was on its way in the tunnel
    /// is refused where it would now go outside.
    package mutating func adopt(_ snapshot: Snapshot, at now: Instant) {
        let isOtherTunnel = snapshot.circumstances.tunnelInUse != self.snapshot.circumstances.tunnelInUse
        let isOtherNetwork = snapshot.network != self.snapshot.network
        self.snapshot = snapshot
        for (key, flight) in flights {
            let outcomes = flight.waiters.map { decide(flight.query.question, app: $0.client.app).outcome }
            // The same servers by another tunnel or network are others: what they answer must not be kept as theirs.
            let isElsewhere = flight.asks.contains { $0.path == .tunnel ? isOtherTunnel : isOtherNetwork }
            guard isElsewhere || outcomes.contains(where: { $0 != flight.decision.outcome }) else { continue }
            end(key)
            let wasInTunnel = flight.asks.contains { $0.path == .tunnel }
            for (waiter, outcome) in zip(flight.waiters, outcomes) {
                if wasInTunnel, case .ask(_, let asks) = outcome, asks.contains(where: { $0.path != .tunnel && !flight.asks.contains($0) })
                {
                    counters.refused += 1
                    send(waiter.query.reply(.serverFailure, error: .changed), to: waiter)
                } else {
                    receive(waiter.query, from: waiter.client, at: now)
                }
            }
        }
    }

    mutating func send(_ reply: [UInt8], to waiter: Flight.Waiter, from source: Source = .here) {
        switch waiter.client.transport {
        case .udp: effects.append(.reply(waiter.client, waiter.query.fitted(reply), source))
        case .tcp: effects.append(.reply(waiter.client, reply, source))
        }
    }

    mutating func number() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}

extension Query {
    fileprivate func reply(_ answer: LocalAnswer) -> [UInt8] {
        switch (answer, question.type) {
        case (.noData, _): reply(.noError)
        case (.noSuchName, _): reply(.nameError)
        case (.loopback, .aaaa): reply(.noError, records: [.init(.aaaa, ttl: 3600, data: Array(repeating: 0, count: 15) + [1])])
        case (.loopback, .ptr): reply(.noError, records: [.init(.ptr, ttl: 3600, data: [9] + Array("localhost".utf8) + [0])])
        case (.loopback, _): reply(.noError, records: [.init(.a, ttl: 3600, data: [127, 0, 0, 1])])
        }
    }
}

extension ExtendedError {
    fileprivate static let changed = ExtendedError(noReachableAuthority, "the way of this name changed while it was asked")
    fileprivate static let noServer = ExtendedError(noReachableAuthority, "no server is configured for this path")
}
