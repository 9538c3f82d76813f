// SPDX-License-Identifier: MIT
import Policy
import Wire

extension Resolver {
    /// Joins the flight of the same question, or begins one.
    /// - Parameters:
    ///   - isStale: whether an answer is kept whose time is over.
    ///   - until: when `waiter` has waited long enough, where that did not begin now.
    mutating func fly(
        _ waiter: Flight.Waiter, _ decision: Decision, _ asks: [Ask], _ key: Cache.Key, isStale: Bool = false, at now: Instant,
        until: Instant? = nil
    ) {
        guard let number = flights.number(of: key), let flight = flights[number] else {
            let flight = Flight(key, waiter.query, decision, asks, waiters: [waiter], began: now, until: until)
            if isStale { flight.staleDue = now + Flight.staleDelay }
            return begin(flight)
        }
        guard flight.waiters.count < Self.mostWaiters, flights.waiters < Self.mostWaitersInAll else {
            return send(waiter.query.reply(.serverFailure, error: .tooMany), to: waiter)
        }
        flights.change(number) { flight in
            flight.waiters.append(waiter)
            // Who comes now has waited nowhere yet.
            if until == nil { flight.until = max(flight.until, flight.began + Flight.patience) }
            if isStale, flight.staleDue == nil { flight.staleDue = now + Flight.staleDelay }
        }
    }

    /// Begins a flight for which nobody waits yet.
    mutating func fly(
        _ query: Query, for purpose: Flight.Purpose, _ decision: Decision, _ asks: [Ask], _ key: Cache.Key, at now: Instant
    ) {
        begin(Flight(key, query, decision, asks, for: purpose, began: now))
    }

    private mutating func begin(_ flight: Flight) {
        let now = flight.began
        if flights.isFull, let oldest = flights.oldest(in: flights.fullest) { fail(oldest, .noRoom, at: now) }
        for ask in flight.asks { flight.servers.append(servers.number(of: ask)) }
        let (order, trial) = servers.order(flight.servers, at: now)
        flight.order = order
        let number = flights.add(flight)
        let others = snapshot.racesServers ? order.dropFirst().prefix(Flight.mostRaced - 1) : (trial.map { [$0] } ?? [])
        attempt(number, server: order.first ?? 0, .udp, at: now)
        for server in others {
            if server == trial { servers[flight.servers[server]].rests(from: now) }
            attempt(number, server: server, .udp, at: now)
        }
    }

    private mutating func attempt(_ number: UInt64, server: Int, _ transport: Transport, at now: Instant) {
        guard let flight = flights[number], flight.hasAttempts else { return }
        let to = flight.asks[server]
        // Nothing is lost on a stream: an encrypted server is never asked again in the manner of UDP, and has the time of one.
        let transport = to.server.isSecure ? .tcp : transport
        let ask = AskID(flight: number, attempt: flight.sent.count)
        let wording = wording(of: flight, server, transport, at: now)
        let isLonely = transport == .tcp && (to.server.isSecure || flight.sent.allSatisfy(\.isLost))
        let interval = isLonely ? Flight.tcpInterval : flight.interval(servers[flight.servers[server]].losesPackets(at: now))
        flights.change(number) { flight in
            flight.sent.append(Flight.Sent(ask: ask, wording: wording, server: server, transport: transport, at: now))
            flight.due = min(now + interval, flight.until)
        }
        counters.asked[to.path, default: 0] += 1
        effects.append(.ask(ask, to, transport, flight.query.upstream(wording)))
    }

    /// What an id alone does not prove, spelling and cookie do (RFC 5452 section 9, RFC 7873): for datagrams, which anybody can forge. In the tunnel
    /// nobody can, so names go as they were asked.
    private mutating func wording(of flight: Flight, _ server: Int, _ transport: Transport, at now: Instant) -> Wording {
        let (ask, number) = (flight.asks[server], flight.servers[server])
        servers[number].forgive(at: now)
        var wording = Wording(id: random())
        // Where EDNS was never seen and what went with it was not answered, it is perhaps EDNS that is dropped; but not where DNSSEC is asked for.
        let isGuess = !ask.server.isSecure && !flight.query.dnssecOK && flight.sent.count { $0.server == server } >= 3
        wording.speaksEDNS = !flight.plain.contains(server) && (servers[number].speaksEDNS ?? !isGuess)
        guard transport == .udp else { return wording }
        if snapshot.mixesCase, !ask.isTrusted, servers[number].keepsSpelling { wording.question = flight.query.respelled(random) }
        guard wording.speaksEDNS else { return wording }
        if servers[number].ownCookie == nil { servers[number].ownCookie = cookie(ask) }
        wording.cookie = servers[number].ownCookie ?? []
        if !servers[number].cookie.isEmpty { wording.cookie += servers[number].cookie }
        return wording
    }

    /// Our cookie for a server: another for each server, path, network and after each change of our addresses, so that it tells nobody that we are
    /// the same (RFC 7873 section 4.1).
    private func cookie(_ ask: Ask) -> [UInt8] {
        let tunnel = ask.path == .tunnel ? snapshot.circumstances.identity(of: [ask]) ?? "" : ""
        return hash(Array("\(ask.server) \(ask.path.rawValue) \(tunnel) \(snapshot.network) \(moves)".utf8))
    }

    /// A packet that came on the socket of `ask`, from its server's address and port.
    package mutating func reply(to ask: AskID, _ packet: Span<UInt8>, at now: Instant) {
        let number = ask.flight
        guard let flight = flights[number], let sent = flight.sent.first(where: { $0.ask == ask }), !sent.isLost else { return }
        let (from, server) = (flight.asks[sent.server], flight.servers[sent.server])
        var edns: EDNS?
        switch Judged(packet, to: flight.query, as: sent.wording, isTrusted: from.isTrusted, edns: &edns) {
        case .foreign:
            counters.foreignReplies += 1
            // Ignored; the true reply may still come. Not by TCP: nobody else writes on that connection, and more of the same is no use.
            guard sent.transport == .tcp else { return }
            lose(ask, number)
            next(number, at: now)
        case .doubtful(let doubt):
            counters.foreignReplies += 1
            guard sent.transport == .udp else {
                lose(ask, number)
                return next(number, at: now)
            }
            if doubt == .spelling { servers[server].changesSpelling(at: now) }
            if doubt == .cookie { servers[server].cookie = [] }
            confirm(number, sent.server, at: now)
        case .truncated where sent.transport == .udp:
            lose(ask, number)
            confirm(number, sent.server, at: now)
        case .truncated:
            lose(ask, number)
            next(number, at: now)
        case .badCookie:
            servers[server].answered(edns)
            lose(ask, number)
            // Once more with the new one; then by TCP, where none is needed (RFC 7873 section 5.3).
            let isSecond = flight.sent.contains { $0.isLost && $0.server == sent.server && $0.ask != ask }
            if isSecond { confirm(number, sent.server, at: now) } else { attempt(number, server: sent.server, .udp, at: now) }
        case .failed(let code, let error):
            lose(ask, number)
            // Perhaps it does not know EDNS (RFC 6891 section 7): once more without. That it did says little, since servers are replaced; but who
            // asks for DNSSEC is not given less for one bad reply.
            let mindsEDNS =
                [.formatError, .notImplemented, .badVersion].contains(code) && edns == nil
                && (servers[server].speaksEDNS != true || !flight.query.dnssecOK)
            if sent.wording.speaksEDNS, mindsEDNS, flight.hasAttempts {
                flights.change(number) { $0.plain.insert(sent.server) }
                return attempt(number, server: sent.server, sent.transport, at: now)
            }
            servers[server].answered(edns)
            // What is between us and the server is not the client's.
            flights.change(number) { $0.failure = (code.rawValue > 15 ? .serverFailure : code, error) }
            next(number, at: now)
        case .answer(let answer):
            if servers[server].restsUntil != nil { failures.endSilence(in: flight.key.partition) }
            servers[server].answered(edns)
            if flight.plain.contains(sent.server), !sent.wording.speaksEDNS, servers[server].speaksEDNS != true {
                servers[server].mindsEDNS(at: now)
            }
            let isLoss = flight.sent.contains { $0.server == sent.server && $0.transport == .udp && !$0.isLost && $0.at < sent.at }
            if isLoss { servers[server].lostPacket(at: now) }
            arrive(number, flight, answer, from, at: now)
        }
    }

    private mutating func arrive(_ number: UInt64, _ flight: Flight, _ answer: Answer, _ server: Ask, at now: Instant) {
        let isNoted = flight.waiters.contains { isMovedByRules($0.client.app) }
        if cache.insert(answer, from: server, for: flight.key, at: now, rules: isNoted ? snapshot.rulesRevision : nil) { ready.forget() }
        failures.end(flight.key)
        let purpose = flight.purpose
        end(number)
        switch purpose {
        case .client, .refresh: break
        // A client that waits has it owed with its own answer.
        case .ahead where flight.waiters.contains { $0.client.app == .normal }: break
        case .ahead: learn(answer, .server(server), age: 0, flight.query, at: now)
        case .search: found(answer, at: now)
        }
        forEachApp(of: flight.waiters) { resolver, app, waiters in
            let decision = resolver.decide(flight.query.question, app: app)
            resolver.deliver(answer, .server(server), age: 0, to: waiters, decision, isNew: true, at: now)
        }
    }

    /// Apps that ask alike wait together, and rules may have come since: each is answered by what is decided for it now.
    mutating func forEachApp(of waiters: [Flight.Waiter], _ body: (inout Resolver, App, [Flight.Waiter]) -> Void) {
        guard let only = waiters.first?.client.app else { return }
        if waiters.allSatisfy({ $0.client.app == only }) { return body(&self, only, waiters) }
        var waiters = waiters
        while let app = waiters.first?.client.app {
            body(&self, app, waiters.filter { $0.client.app == app })
            waiters.removeAll { $0.client.app == app }
        }
    }

    /// No reply will come from this server.
    package mutating func lost(_ ask: AskID, _ loss: Loss, at now: Instant) {
        let number = ask.flight
        guard let flight = flights[number], let sent = flight.sent.first(where: { $0.ask == ask }), !sent.isLost else { return }
        // What a server said is better news than what became of a connection.
        if case .troubled(let error) = loss, flight.failure == nil { flights.change(number) { $0.failure = (.serverFailure, error) } }
        servers[flight.servers[sent.server]].wasSilent(at: now)
        lose(ask, number)
        next(number, at: now)
    }

    private mutating func lose(_ ask: AskID, _ number: UInt64) {
        flights.change(number) { flight in
            guard let place = flight.sent.firstIndex(where: { $0.ask == ask }) else { return }
            flight.sent[place].isLost = true
        }
        effects.append(.close(ask))
    }

    /// Asks a server by TCP, where nobody else can answer; once in a flight.
    private mutating func confirm(_ number: UInt64, _ server: Int, at now: Instant) {
        guard let flight = flights[number] else { return }
        if flight.sent.contains(where: { $0.transport == .tcp && $0.server == server }) { return }
        attempt(number, server: server, .tcp, at: now)
    }

    /// After bad news: the next server at once while there is one not yet asked; the end when all have said no.
    private mutating func next(_ number: UInt64, at now: Instant) {
        guard let flight = flights[number] else { return }
        if flight.isHopeless { return fail(number, .unreachable, at: now) }
        let asked = Set(flight.sent.map(\.server))
        if let server = flight.order.first(where: { !asked.contains($0) }) { attempt(number, server: server, .udp, at: now) }
    }

    /// Whatever time has brought: attempts that are due, flights that are over, questions of our own, the next piece of what is in arrears.
    package mutating func tick(at now: Instant) {
        if !arrears.isEmpty { catchUp(at: now) }
        while let number = flights.due(at: now) { flyOn(number, at: now) }
        beginOwn(at: now)
    }

    /// Asks what we want to know ourselves.
    mutating func beginOwn(at now: Instant) {
        searchNAT64(at: now)
        lookAhead(at: now)
    }

    private mutating func flyOn(_ number: UInt64, at now: Instant) {
        guard let flight = flights[number] else { return }
        if let due = flight.staleDue, due <= now {
            giveStale(number, at: now)
            flights.change(number) { $0.staleDue = nil }
        }
        guard flight.due <= now else { return }
        noteSilence(number, flight, at: now)
        if now >= flight.until {
            fail(number, flight.isHopeless ? .unreachable : .noReply, at: now)
        } else if flight.hasAttempts {
            let transport = Flight.transports[flight.sent.count]
            let server = flight.nextServer
            let isConnected = flight.sent.contains { $0.transport == .tcp && $0.server == server && !$0.isLost }
            attempt(number, server: server, isConnected ? .udp : transport, at: now)
        } else {
            flights.change(number) { $0.due = flight.until }
        }
    }

    private mutating func noteSilence(_ number: UInt64, _ flight: Flight, at now: Instant) {
        for (place, sent) in flight.sent.enumerated() where !sent.isLost && !sent.isCounted && now - sent.at >= Flight.eager[0] {
            servers[flight.servers[sent.server]].wasSilent(at: now)
            flights.change(number) { $0.sent[place].isCounted = true }
        }
    }

    /// When `tick` may have something to do; nil while nothing is.
    package var nextDeadline: Instant? {
        guard arrears.isEmpty else { return Instant(milliseconds: 0) }
        var earliest = flights.earliestDue
        for due in [ahead.due, searchDue] {
            guard let due else { continue }
            earliest = earliest.map { min($0, due) } ?? due
        }
        return earliest
    }

    /// Ends a flight without an answer: with what is kept, though its time is over; else with what a server said, if one said anything.
    private mutating func fail(_ number: UInt64, _ error: ExtendedError, at now: Instant) {
        giveStale(number, at: now)
        guard let flight = flights[number] else { return }
        if flight.purpose == .search { search.failed(at: now) }
        end(number)
        let failure =
            flight.failure.map { Failures.Failure(code: $0.code, error: $0.error, isSilence: false) }
            ?? Failures.Failure(code: .serverFailure, error: error, isSilence: true)
        // That we had no room says nothing of the question, nor does a part of the time.
        if error != .noRoom, !flight.isCutShort || flight.failure != nil {
            cache.postpone(flight.key, at: now)
            if !flight.waiters.isEmpty { failures.note(failure, for: flight.key, at: now) }
        }
        for waiter in flight.waiters { send(waiter.query.reply(failure.code, error: failure.error), to: waiter) }
    }

    /// Makes a flight of our own one of those who wait for it.
    mutating func release(_ number: UInt64) {
        switch flights[number]?.purpose {
        case .client, nil: return
        case .refresh: break
        case .ahead: ahead.inFlight -= 1
        case .search: search.key = nil
        }
        flights.change(number) { $0.purpose = .client }
    }

    /// Takes a flight off the board and closes its sockets.
    mutating func end(_ number: UInt64) {
        release(number)
        guard let flight = flights.remove(number) else { return }
        for sent in flight.sent where !sent.isLost { effects.append(.close(sent.ask)) }
    }
}

extension ExtendedError {
    fileprivate static let noReply = ExtendedError(noReachableAuthority, "no server replied")
    fileprivate static let noRoom = ExtendedError(noReachableAuthority, "too many questions are on their way already")
    fileprivate static let tooMany = ExtendedError(noReachableAuthority, "too many wait for this answer already")
    fileprivate static let unreachable = ExtendedError(networkError, "no server can be reached")
}

extension AskID {
    /// The number says which flight it is of, and which of its attempts: 8 at the most.
    fileprivate init(flight: UInt64, attempt: Int) { self.init(number: flight << 3 | UInt64(attempt)) }
    fileprivate var flight: UInt64 { number >> 3 }
}
