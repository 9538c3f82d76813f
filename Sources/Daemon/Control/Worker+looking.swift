// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Resolving
import Steering
import Wire

extension Worker {
    /// Hands one who looks, and what is known now, to another thread.
    func look(_ number: UInt64, _ connection: ControlConnection, _ request: ControlRequest) {
        controls[number] = nil
        Clerk.answer(
            Clerk.Order(
                request: request, sight: sight(request), rules: situation.rules, known: known(request)), connection)
    }

    /// What is known now, with the state that is to be supposed.
    private func sight(_ request: ControlRequest) -> Sight {
        var circumstances = resolver.snapshot.circumstances
        if let state = request.state.flatMap({ TunnelState(rawValue: $0) }) {
            circumstances.state = state
            for index in circumstances.tunnels.indices { circumstances.tunnels[index].state = state }
            if circumstances.relayServers.isEmpty, let first = situation.tunnels.first {
                circumstances.tunnelInUse = first.name
                circumstances.relayServers = first.resolvers
            }
        }
        let defaultIsTunnel =
            switch plan?.routingDefault {
            case .tunnel: true
            case .direct, nil: false
            }
        var sight = Sight(
            circumstances: circumstances, matcher: resolver.snapshot.matcher, defaultIsTunnel: defaultIsTunnel, ledger: resolver.ledger,
            at: .now)
        sight.snapshot = resolver.snapshot
        return sight
    }

    /// The addresses that were last answered for a name; nil: none are remembered.
    private func known(_ request: ControlRequest) -> (chain: [Name], addresses: [IPAddress])? {
        guard request.verb == .why, let name = request.name.flatMap({ Name($0) }) else { return nil }
        return resolver.remembered(name, at: .now)
    }

    /// Names with a remembered answer, for `rules import`.
    var namesAskedLately: [String] { resolver.namesAskedLately(10_000).map { "\($0)" } }

    /// Forgets cached answers; leases stay.
    func flush(_ request: ControlRequest) -> ControlReply {
        var name: Name?
        if let text = request.name {
            guard let parsed = Name(text) else { return ControlReply(error: "'\(text)' is not a domain name") }
            name = parsed
        }
        let answers = resolver.flush(name)
        cacheDue = .now
        let ledger = resolver.ledger
        let owed = name.map { ledger.numbers(atOrBelow: $0).count } ?? ledger.count
        return ControlReply { $0.flush = .init(answers: answers, leases: owed) }
    }
}
