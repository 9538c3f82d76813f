// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// The core: questions, replies and time in, effects out. No socket, no clock, no allocation of anything but memory.
package struct Resolver {
    /// What is to be done, in order. The caller carries it out and empties it.
    package var effects: [Effect] = []
    package internal(set) var snapshot: Snapshot
    package var ledger: Ledger
    package var counters = Counters()

    var cache: Cache
    var ready = ReadyReplies()
    /// `Ledger.losses` when the ready replies were last known to hold.
    var lossesSeen: UInt64 = 0
    var partitions = Partitions()
    var flights = FlightBoard()
    var servers = Servers()
    var failures = Failures()
    var pending: [CommitID: PendingReplies] = [:]
    var handedOut: HandedOut
    /// Until when clients may hold answers that were forgotten before the rules changed.
    var lateUntil: Instant?
    var arrears = Arrears()
    var ahead = LookAhead()
    var search = NAT64Search()
    var valve = NoteValve()
    var lastNumber: UInt64 = 0
    /// How often this machine's addresses have changed.
    var moves = 0
    let random: @Sendable () -> UInt16
    let hash: @Sendable ([UInt8]) -> [UInt8]

    /// Who waits for one answer, and for any: all are answered at once when it comes (DNSBomb), and each takes half a kilobyte.
    static let mostWaiters = 1024
    static let mostWaitersInAll = 16_384

    package struct Counters: Hashable, Sendable {
        package var questions: UInt64 = 0
        package var hits: UInt64 = 0
        /// Answers given after their time, since nobody gave another.
        package var stale: UInt64 = 0
        /// Questions that failed a moment ago and were not asked again.
        package var failures: UInt64 = 0
        package var refused: UInt64 = 0
        package var blocked: UInt64 = 0
        package var local: UInt64 = 0
        /// Replies that did not fit the question waiting on their socket.
        package var foreignReplies: UInt64 = 0
        /// Addresses no set may take, removed from answers, by what they are.
        package var guarded: [SteeringGuard.Reason: UInt64] = [:]
        /// Addresses that lead inside, removed from answers to names without a rule.
        package var rebinding: UInt64 = 0
        /// Addresses of `direct` names that are owed to the tunnel: removed because others remain; and answers in which none would have.
        package var narrowed: UInt64 = 0
        package var conflicts: UInt64 = 0
        /// Answers that a rule has because of a name that the asked one is an alias of, or whose service it carries.
        package var byAlias: UInt64 = 0
        /// Addresses for which there was no room.
        package var excess: UInt64 = 0
        /// Answers that clients had already when their rule came.
        package var late: UInt64 = 0
        package var commitFailures: UInt64 = 0
        package var asked: [Path: UInt64] = [:]
    }

    /// - Parameters:
    ///   - hash: eight bytes that nobody without the key can foretell (SipHash), for cookies; none: no cookies are sent.
    ///   - random: unpredictable numbers for questions to upstreams (RFC 5452 section 9.2).
    package init(
        snapshot: Snapshot, ledger: Ledger, hash: @escaping @Sendable ([UInt8]) -> [UInt8] = { _ in [] },
        random: @escaping @Sendable () -> UInt16
    ) {
        self.snapshot = snapshot
        self.ledger = ledger
        cache = Cache(capacity: snapshot.caching.capacity, staleWindow: snapshot.caching.staleWindow)
        handedOut = HandedOut(grace: ledger.grace)
        self.hash = hash
        self.random = random
        ahead.add(snapshot.ahead)
    }

    /// Answers kept.
    package var cachedAnswers: Int { cache.count }

    /// A client's question.
    package mutating func receive(_ query: Query, from client: Client, at now: Instant) {
        counters.questions += 1
        answer(query, to: client, at: now)
    }

    /// - Parameter until: when the client has waited long enough, where it has waited already.
    mutating func answer(_ query: Query, to client: Client, at now: Instant, until: Instant? = nil) {
        let waiter = Flight.Waiter(query: query, client: client)
        if query.question.type == .any {
            // RFC 8482 section 4.2: one synthetic record instead of all there is.
            let record = Query.LocalRecord(.hinfo, ttl: 3600, data: [7] + Array("RFC8482".utf8) + [0])
            return give(query.reply(.noError, records: [record]), .local, to: waiter, at: now)
        }
        let decision = decide(query.question, app: client.app)
        switch decision.outcome {
        case .local(let answer):
            counters.local += 1
            give(query.reply(answer), .local, to: waiter, at: now)
        case .block:
            counters.blocked += 1
            give(query.reply(.nameError, error: ExtendedError(ExtendedError.blocked, "blocked by a rule")), .blocked, to: waiter, at: now)
        case .refuse(let refusal):
            counters.refused += 1
            send(query.reply(.serverFailure, error: refusal.error), to: waiter)
        case .ask(_, let asks):
            resolve(waiter, decision, asks, at: now, until: until)
        }
    }

    /// What would be done with a question now.
    package func decide(_ question: Question, app: App) -> Decision {
        snapshot.circumstances.decide(question, rule: rule(for: question), app: app)
    }

    private mutating func resolve(
        _ waiter: Flight.Waiter, _ decision: Decision, _ asks: [Ask], at now: Instant, until: Instant?
    ) {
        guard !asks.isEmpty else {
            return send(waiter.query.reply(.serverFailure, error: .noServer), to: waiter)
        }
        if let rule = decision.rule, snapshot.hides(waiter.query.question.type, rule) {
            return give(waiter.query.reply(.noError, authority: .denial), .local, to: waiter, at: now)
        }
        let key = key(waiter.query, asks)
        let rules = isMovedByRules(waiter.client.app) ? snapshot.rulesRevision : nil
        guard let found = cache.find(key, at: now, rules: rules) else {
            if let failure = failures.find(key, at: now) {
                counters.failures += 1
                return send(waiter.query.reply(failure.code, error: failure.error), to: waiter)
            }
            return fly(waiter, decision, asks, key, at: now, until: until)
        }
        if found.isStale(at: now) {
            // Asked for a moment ago in vain: it is not asked for again yet.
            if found.retry > now, giveStale(found, to: [waiter], at: now) { return }
            return fly(waiter, decision, asks, key, isStale: true, at: now, until: until)
        }
        counters.hits += 1
        deliver(found, to: waiter, decision, at: now)
        if snapshot.caching.prefetches, found.aging <= now, found.retry <= now, flights.number(of: key) == nil {
            fly(waiter.query, for: .refresh, decision, asks, key, at: now)
        }
    }

    mutating func key(_ query: Query, _ asks: [Ask]) -> Cache.Key {
        let group = Partitions.Group(asks: asks, tunnel: snapshot.circumstances.identity(of: asks), network: snapshot.network)
        return Cache.Key(
            partition: partitions.number(of: group), question: query.question, dnssecOK: query.dnssecOK,
            checkingDisabled: query.flags.contains(.checkingDisabled))
    }

    /// Forgets cached answers for a name and all below it, on every path; nil: all. What is owed stays owed, what is in flight goes on.
    /// - Returns: how many.
    package mutating func flush(_ name: Name?) -> Int {
        ready.forget()
        failures.end(atOrBelow: name ?? .root)
        return cache.remove(atOrBelow: name ?? .root)
    }

    mutating func send(_ reply: [UInt8], to waiter: Flight.Waiter, from source: Source = .here) {
        let isByUDP = waiter.client.transport == .udp
        effects.append(.reply(waiter.client, waiter.query.fitted(reply, isByUDP: isByUDP), source))
    }

    mutating func number() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}

extension Query {
    fileprivate func reply(_ answer: LocalAnswer) -> [UInt8] {
        switch (answer, question.type) {
        case (.noData, _): reply(.noError, authority: .denial)
        case (.noSuchName, _): reply(.nameError, authority: .denial)
        case (.loopback, .aaaa): reply(.noError, records: [.init(.aaaa, ttl: 3600, data: Array(repeating: 0, count: 15) + [1])])
        case (.loopback, .ptr): reply(.noError, records: [.init(.ptr, ttl: 3600, data: [9] + Array("localhost".utf8) + [0])])
        case (.loopback, _): reply(.noError, records: [.init(.a, ttl: 3600, data: [127, 0, 0, 1])])
        }
    }
}

extension ExtendedError {
    fileprivate static let noServer = ExtendedError(noReachableAuthority, "no server is configured for this path")
}
