// SPDX-License-Identifier: MIT
import Policy
import Wire

/// The peers' endpoints that are given by name: time and packets in, questions and addresses out. Asked outside, whatever rules say of a name.
///
/// A name is looked up before its device is configured, when the network has changed, and again and again while its tunnel is dead. What was last
/// good stays, whatever is answered later.
package struct EndpointLookups {
    /// What a name's tunnels need.
    package enum Need: Hashable, Sendable {
        /// One is alive: the address is right.
        case none
        /// They are being connected.
        case address
        /// None answers: perhaps it is elsewhere.
        case another
    }

    package enum Event: Hashable, Sendable {
        case found(Name, IPAddress, from: ServerAddress)
        /// Nobody knows better than the run before this one.
        case kept(Name, IPAddress, EndpointFailure)
        case failed(Name, EndpointFailure)
    }

    /// From one search in vain to the next, twice as long each time, in milliseconds.
    static let firstWait: Int64 = 1000
    static let longestWait: Int64 = 60_000
    /// The same while a tunnel is dead.
    static let firstDeadWait: Int64 = 30_000
    static let longestDeadWait: Int64 = 600_000

    private struct Search {
        let name: Name
        var known: IPAddress?
        /// Of a former run; used when nobody answers.
        var kept: IPAddress?
        var need = Need.address
        var round: EndpointRound?
        var due: Instant?
        var wait = EndpointLookups.firstWait
        var deadWait = EndpointLookups.firstDeadWait
        var last: Instant?
    }

    private var searches: [Search]
    private var source: EndpointNumbers

    /// - Parameter kept: what names were found to be in a former run.
    package init(_ names: [Name], kept: [Name: IPAddress], at now: Instant, random: @escaping () -> UInt16) {
        searches = names.map { Search(name: $0, kept: kept[$0], due: now) }
        source = EndpointNumbers(random)
    }

    /// What each name is, as far as it is known.
    package var known: [Name: IPAddress] {
        Dictionary(searches.compactMap { search in search.known.map { (search.name, $0) } }) { first, _ in first }
    }

    /// Whether a name has been searched for to the end, found or not.
    package func isSettled(_ name: Name) -> Bool {
        searches.first { $0.name == name }.map { $0.known != nil || $0.last != nil } ?? true
    }

    /// Whose replies are awaited.
    package var open: [EndpointExchange] { searches.flatMap { $0.round?.open ?? [] } }

    /// When `advance` has something to do.
    package var deadline: Instant? { searches.compactMap { $0.round?.until ?? $0.due }.min() }

    package mutating func set(_ need: Need, of name: Name, at now: Instant) {
        guard let index = searches.firstIndex(where: { $0.name == name }), searches[index].need != need else { return }
        searches[index].need = need
        // What is not known is searched for whatever is needed.
        guard searches[index].known != nil, let last = searches[index].last else { return }
        switch need {
        case .none:
            searches[index].due = nil
            searches[index].deadWait = Self.firstDeadWait
        case .another:
            // At once, but not for one that comes and goes.
            searches[index].due = max(now, last + Self.firstDeadWait)
        case .address: break
        }
    }

    /// Other networks may have other answers, and other ways.
    package mutating func networkChanged(at now: Instant) {
        for index in searches.indices {
            searches[index].due = now
            searches[index].wait = Self.firstWait
            searches[index].deadWait = Self.firstDeadWait
            searches[index].round = nil
        }
    }

    /// Gives up what is under way, to begin it anew with the next `advance`.
    package mutating func pause(at now: Instant) {
        for index in searches.indices where searches[index].round != nil {
            searches[index].round = nil
            searches[index].due = now
        }
    }

    /// Begins what is due, and gives up what takes too long.
    package mutating func advance(_ world: EndpointWorld, at now: Instant) -> [Event] {
        var events: [Event] = []
        for index in searches.indices {
            if searches[index].round == nil, let due = searches[index].due, due <= now {
                searches[index].round = EndpointRound(searches[index].name, at: now)
                searches[index].due = nil
            }
            events += step(index, world, at: now)
        }
        return events
    }

    /// A packet came on an exchange's socket.
    package mutating func take(_ packet: [UInt8], on number: Int, _ world: EndpointWorld, at now: Instant) -> [Event] {
        change(number, world, at: now) { $0.take(packet, on: number, &$1, at: now) }
    }

    /// An exchange's socket is broken, or could not be had.
    package mutating func lost(_ number: Int, _ world: EndpointWorld, at now: Instant) -> [Event] {
        change(number, world, at: now) { round, _ in round.end(number) }
    }

    private mutating func change(
        _ number: Int, _ world: EndpointWorld, at now: Instant, _ body: (inout EndpointRound, inout EndpointNumbers) -> Void
    ) -> [Event] {
        guard let index = searches.firstIndex(where: { $0.round?.open.contains { $0.number == number } ?? false }),
            var round = searches[index].round
        else { return [] }
        body(&round, &source)
        searches[index].round = round
        return step(index, world, at: now)
    }

    private mutating func step(_ index: Int, _ world: EndpointWorld, at now: Instant) -> [Event] {
        guard var round = searches[index].round else { return [] }
        let usable = round.usable(world, at: now)
        if !usable.isEmpty, let server = round.server {
            let address = choose(usable, searches[index])
            searches[index].known = address
            searches[index].wait = Self.firstWait
            finish(index, isFound: true, at: now)
            return [.found(searches[index].name, address, from: server)]
        }
        guard round.isSpent(at: now), !round.proceed(world, &source, at: now) else {
            searches[index].round = round
            return []
        }
        let failure = round.failure
        let name = searches[index].name
        finish(index, isFound: false, at: now)
        guard searches[index].known == nil, let kept = searches[index].kept, world.refusal(kept) == nil else {
            return [.failed(name, failure)]
        }
        searches[index].known = kept
        return [.kept(name, kept, failure)]
    }

    private mutating func finish(_ index: Int, isFound: Bool, at now: Instant) {
        searches[index].round = nil
        searches[index].last = now
        switch searches[index].need {
        case .another where searches[index].known != nil:
            searches[index].due = now + searches[index].deadWait
            searches[index].deadWait = min(searches[index].deadWait * 2, Self.longestDeadWait)
        case .none where searches[index].known != nil: searches[index].due = nil
        case .none, .address, .another:
            searches[index].due = isFound ? nil : now + searches[index].wait
            if !isFound { searches[index].wait = min(searches[index].wait * 2, Self.longestWait) }
        }
    }

    /// What it is already stays, if it is still among them; for one that is dead, the one behind it.
    private func choose(_ usable: [IPAddress], _ search: Search) -> IPAddress {
        guard let known = search.known, let place = usable.firstIndex(of: known) else { return usable[0] }
        switch search.need {
        case .none, .address: return known
        case .another: return usable[(place + 1) % usable.count]
        }
    }
}
