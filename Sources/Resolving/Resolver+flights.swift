// SPDX-License-Identifier: MIT
import DequeModule
import Policy
import Wire

extension Resolver {
    /// Joins the flight of the same question, or begins one.
    mutating func fly(_ waiter: Flight.Waiter, _ decision: Decision, _ asks: [Ask], _ key: Cache.Key, at now: Instant) {
        guard let flight = flights[key] else {
            return begin(Flight(key: key, query: waiter.query, decision: decision, asks: asks, began: now, waiters: [waiter], due: now))
        }
        if flight.waiters.count < Self.mostWaiters {
            flights[key]?.waiters.append(waiter)
        } else {
            send(waiter.query.reply(.serverFailure, error: .tooMany), to: waiter)
        }
    }

    /// Begins a flight for which nobody waits yet.
    mutating func fly(
        _ query: Query, for purpose: Flight.Purpose, _ decision: Decision, _ asks: [Ask], _ key: Cache.Key, at now: Instant
    ) {
        begin(
            Flight(key: key, purpose: purpose, query: query, decision: decision, asks: asks, began: now, waiters: [], due: now))
    }

    private mutating func begin(_ flight: Flight) {
        if flights.count >= Self.mostFlights { failOldest(at: flight.began) }
        departures.append((flight.key, flight.began))
        flights[flight.key] = flight
        attempt(flight.key, server: 0, .udp, at: flight.began)
    }

    private mutating func attempt(_ key: Cache.Key, server: Int, _ transport: Transport, at now: Instant) {
        guard let flight = flights[key] else { return }
        // Nothing is lost on a stream: an encrypted server is never asked again in the manner of UDP, and has the time of one.
        let transport = flight.asks[server].server.isSecure ? .tcp : transport
        let ask = AskID(number: number())
        let id = random()
        let interval = transport == .tcp ? Flight.tcpInterval : Flight.intervals[min(flight.sent.count, Flight.intervals.count - 1)]
        flights[key]?.sent.append(Flight.Sent(ask: ask, id: id, server: server, transport: transport))
        let due = min(now + interval, flight.began + Flight.patience)
        flights[key]?.due = due
        earliestDue = earliestDue.map { min($0, due) } ?? due
        flightOfAsk[ask] = key
        counters.asked[flight.asks[server].path, default: 0] += 1
        effects.append(.ask(ask, flight.asks[server], transport, flight.query.upstream(id: id)))
    }

    /// A packet that came on the socket of `ask`, from its server's address and port.
    package mutating func reply(to ask: AskID, _ packet: Span<UInt8>, at now: Instant) {
        guard let key = flightOfAsk[ask], let flight = flights[key], let sent = flight.sent.first(where: { $0.ask == ask }) else { return }
        switch Judged(packet, to: flight.query, id: sent.id) {
        case .foreign:
            counters.foreignReplies += 1
            // Ignored; the true reply may still come. Not by TCP: nobody else writes on that connection, and more of the same is no use.
            guard sent.transport == .tcp else { return }
            lose(ask, key)
            next(key, at: now)
        case .truncated where sent.transport == .udp:
            lose(ask, key)
            if flight.sent.contains(where: { $0.transport == .tcp && $0.server == sent.server }) { return }
            attempt(key, server: sent.server, .tcp, at: now)
        case .truncated:
            lose(ask, key)
            next(key, at: now)
        case .failed(let code, let error):
            lose(ask, key)
            flights[key]?.failure = (code, error)
            next(key, at: now)
        case .answer(let answer):
            let server = flight.asks[sent.server]
            let isNoted = flight.waiters.contains { isMovedByRules($0.client.app) }
            cache.insert(answer, from: server, for: key, at: now, rules: isNoted ? snapshot.rulesRevision : nil)
            end(key)
            switch flight.purpose {
            case .client: break
            // A client that waits has it owed with its own answer.
            case .ahead where flight.waiters.contains { $0.client.app == .normal }: break
            case .ahead: learn(answer, .server(server), age: 0, flight.query, at: now)
            case .search: found(answer, at: now)
            }
            // Apps that ask alike wait together, and rules may have come since: each is answered by what is decided for it now.
            var waiters = flight.waiters
            while let app = waiters.first?.client.app {
                let decision = decide(flight.query.question, app: app)
                deliver(
                    answer, .server(server), age: 0, to: waiters.filter { $0.client.app == app }, decision, isNew: true, at: now)
                waiters.removeAll { $0.client.app == app }
            }
        }
    }

    /// No reply will come from this server.
    package mutating func lost(_ ask: AskID, _ loss: Loss, at now: Instant) {
        guard let key = flightOfAsk[ask] else { return }
        lose(ask, key)
        // What a server said is better news than what became of a connection.
        if case .troubled(let error) = loss, flights[key]?.failure == nil { flights[key]?.failure = (.serverFailure, error) }
        next(key, at: now)
    }

    private mutating func lose(_ ask: AskID, _ key: Cache.Key) {
        guard let place = flights[key]?.sent.firstIndex(where: { $0.ask == ask }) else { return }
        flights[key]?.sent[place].isLost = true
        flightOfAsk[ask] = nil
        effects.append(.close([ask]))
    }

    /// After bad news: the next server at once while there is one not yet asked; the end when all have said no.
    private mutating func next(_ key: Cache.Key, at now: Instant) {
        guard let flight = flights[key] else { return }
        if flight.isHopeless { return fail(key, .unreachable, at: now) }
        let asked = Set(flight.sent.map(\.server))
        if let server = flight.asks.indices.first(where: { !asked.contains($0) }) { attempt(key, server: server, .udp, at: now) }
    }

    /// Whatever time has brought: attempts that are due, flights that are over, questions of our own, the next piece of what is in arrears.
    package mutating func tick(at now: Instant) {
        if !arrears.isEmpty { catchUp(at: now) }
        flyOn(at: now)
        beginOwn(at: now)
    }

    /// Asks what we want to know ourselves.
    mutating func beginOwn(at now: Instant) {
        searchNAT64(at: now)
        lookAhead(at: now)
    }

    private mutating func flyOn(at now: Instant) {
        guard let earliest = earliestDue, earliest <= now else { return }
        for (key, flight) in flights where flight.due <= now {
            if now - flight.began >= Flight.patience {
                fail(key, flight.isHopeless ? .unreachable : .noReply, at: now)
            } else if flight.sent.count < Flight.intervals.count {
                attempt(key, server: flight.nextServer, .udp, at: now)
            } else {
                flights[key]?.due = flight.began + Flight.patience
            }
        }
        earliestDue = flights.values.lazy.map(\.due).min()
    }

    /// Makes room for a new flight. Departures are in order; those whose flight has ended, or is a later one of the same question, are passed over.
    private mutating func failOldest(at now: Instant) {
        while let (key, began) = departures.popFirst() {
            guard flights[key]?.began == began else { continue }
            return fail(key, .noReply, at: now)
        }
    }

    /// When `tick` may have something to do; nil while nothing is.
    package var nextDeadline: Instant? {
        guard arrears.isEmpty else { return Instant(milliseconds: 0) }
        var earliest = flights.isEmpty ? nil : earliestDue
        for due in [ahead.due, searchDue] {
            guard let due else { continue }
            earliest = earliest.map { min($0, due) } ?? due
        }
        return earliest
    }

    /// Ends a flight without an answer: with what a server said, if one said anything.
    private mutating func fail(_ key: Cache.Key, _ error: ExtendedError, at now: Instant) {
        guard let flight = flights[key] else { return }
        end(key)
        if flight.purpose == .search { search.failed(at: now) }
        for waiter in flight.waiters {
            if let failure = flight.failure {
                send(waiter.query.reply(failure.code, error: failure.error), to: waiter)
            } else {
                send(waiter.query.reply(.serverFailure, error: error), to: waiter)
            }
        }
    }

    /// Makes a flight of our own one of those who wait for it.
    mutating func release(_ key: Cache.Key) {
        switch flights[key]?.purpose {
        case .client, nil: return
        case .ahead: ahead.inFlight -= 1
        case .search: search.key = nil
        }
        flights[key]?.purpose = .client
    }

    /// Takes a flight off the board and closes its sockets.
    mutating func end(_ key: Cache.Key) {
        release(key)
        guard let flight = flights.removeValue(forKey: key) else { return }
        while let first = departures.first, flights[first.key]?.began != first.began { departures.removeFirst() }
        let open = flight.sent.filter { !$0.isLost }.map(\.ask)
        for ask in open { flightOfAsk[ask] = nil }
        if !open.isEmpty { effects.append(.close(open)) }
    }
}

extension ExtendedError {
    fileprivate static let noReply = ExtendedError(noReachableAuthority, "no server replied")
    fileprivate static let tooMany = ExtendedError(noReachableAuthority, "too many wait for this answer already")
    fileprivate static let unreachable = ExtendedError(networkError, "no server can be reached")
}
