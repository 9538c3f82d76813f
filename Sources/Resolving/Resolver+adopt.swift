// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

extension Resolver {
    /// What of the world that answers depend on is another now.
    private struct Difference {
        let tunnel: Bool
        /// Tunnels that rules name.
        let nodes: Set<Node>
        let network: Bool
        /// The network, or the servers it names.
        let system: Bool
        let rules: Bool
        /// What sets must not take.
        let guards: Bool
        /// This machine's own addresses.
        let addresses: Bool
        /// How the network translates is to be asked (anew).
        let search: Bool

        init(_ former: Snapshot, _ new: Snapshot) {
            tunnel = former.circumstances.nodeInUse != new.circumstances.nodeInUse
            nodes = new.circumstances.movedNodes(since: former.circumstances)
            network = former.network != new.network
            system = network || former.circumstances.systemServers != new.circumstances.systemServers
            rules = former.rulesRevision != new.rulesRevision
            addresses = former.steeringGuard.ours != new.steeringGuard.ours
            guards = former.steeringGuard != new.steeringGuard
            search = system || new.looksForNAT64 != former.looksForNAT64
        }

        /// The same servers by another tunnel or network are others: what they answer must not be kept as theirs.
        func moves(_ asks: [Ask]) -> Bool {
            asks.contains { $0.isOn((tunnel ? [.tunnel] : []) + (network ? [.outside, .lan] : []), nodes) }
        }
    }

    /// Takes on a new world. A question in flight whose way is no longer the decided one is decided anew; but what was on its way in the tunnel
    /// is refused where it would now go outside. New rules are applied at once to what clients hold already.
    package mutating func adopt(_ snapshot: Snapshot, at now: Instant) {
        var snapshot = snapshot
        snapshot.steeringGuard.nat64 = self.snapshot.steeringGuard.nat64
        let difference = Difference(self.snapshot, snapshot)
        if difference.search { snapshot.steeringGuard.nat64 = nil }
        self.snapshot = snapshot
        ready.forget()
        if difference.search { search = NAT64Search(due: now) }
        if difference.rules {
            adoptRules(at: now)
        } else if difference.guards {
            adoptGuard(at: now)
        }
        cache.capacity = snapshot.caching.capacity
        cache.staleWindow = snapshot.caching.staleWindow
        if difference.tunnel || !difference.nodes.isEmpty || difference.system || difference.rules { failures.endAll() }
        servers.forget { difference.moves([$0]) }
        if difference.addresses {
            moves += 1
            servers.forgetCookies()
        }
        // One that makes room for another meanwhile has ended, and whoever waited was told.
        for (number, flight) in flights.all where flights[number] != nil {
            reconsider(number, flight, difference)
            let outcomes = flight.waiters.map { decide(flight.query.question, app: $0.client.app).outcome }
            guard difference.moves(flight.asks) || outcomes.contains(where: { $0 != flight.decision.outcome }) else { continue }
            end(number)
            let wasInTunnel = flight.asks.contains { $0.path == .tunnel }
            for (waiter, outcome) in zip(flight.waiters, outcomes) {
                if wasInTunnel, case .ask(_, let asks) = outcome, asks.contains(where: { $0.path != .tunnel && !flight.asks.contains($0) })
                {
                    counters.refused += 1
                    send(waiter.query.reply(.serverFailure, error: .changed), to: waiter)
                } else {
                    answer(waiter.query, to: waiter.client, at: now, until: flight.until)
                }
            }
        }
        retryAhead()
        beginOwn(at: now)
    }

    /// A question of our own whose way is another now is asked anew.
    private mutating func reconsider(_ number: UInt64, _ flight: Flight, _ difference: Difference) {
        let isOver: Bool
        switch flight.purpose {
        case .client: return
        case .ahead:
            isOver = difference.moves(flight.asks) || decide(flight.query.question, app: .normal).outcome != flight.decision.outcome
            if isOver, !difference.rules { ahead.waiting.append(flight.query.question) }
        case .search: isOver = difference.search
        case .refresh:
            isOver = difference.moves(flight.asks) || decide(flight.query.question, app: .normal).outcome != flight.decision.outcome
        }
        guard isOver else { return }
        release(number)
        if flight.waiters.isEmpty { end(number) }
    }
}

extension ExtendedError {
    fileprivate static let changed = ExtendedError(noReachableAuthority, "the way of this name changed while it was asked")
}
