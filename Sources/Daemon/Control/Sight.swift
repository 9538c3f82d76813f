// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Resolving
import Rules
import Steering
import Wire

/// What is known at one moment, frozen: of the world, of what is owed to whom, and of answers given. A daemon's, or what files tell.
package struct Sight: Sendable {
    package var circumstances: Circumstances
    package var matcher: Matcher
    package var defaultIsTunnel: Bool
    /// Nil: there is no daemon to know.
    package var ledger: Ledger?
    /// What the daemon decides by; nil: there is none.
    package var snapshot: Snapshot?
    package var now: Instant
    /// False: a tunnel's resolvers stand in a file that could not be read.
    package var areRelaysKnown: Bool
    /// Why the daemon did not tell; nil: it did, or there is none.
    package var silence: Silence?
    /// The same moment in seconds since 1970.
    package let clock: Int64

    package init(
        circumstances: Circumstances, matcher: Matcher, defaultIsTunnel: Bool, ledger: Ledger? = nil, areRelaysKnown: Bool = true,
        at now: Instant = .now
    ) {
        self.areRelaysKnown = areRelaysKnown
        self.circumstances = circumstances
        self.matcher = matcher
        self.defaultIsTunnel = defaultIsTunnel
        self.ledger = ledger
        self.now = now
        clock = Int64(time(nil))
    }

    /// A lease as people see it.
    func report(_ lease: Ledger.Lease, inKernel: Bool?) -> LeaseReport {
        let seconds = max(0, lease.until - now) / 1000
        return LeaseReport(
            address: "\(lease.address)", route: lease.route.rawValue, seconds: seconds, until: clock + seconds,
            owners: lease.owners.map { holding in
                LeaseReport.Owner(
                    name: "\(holding.owner.name)", matched: "\(holding.owner.matched)", seconds: max(0, holding.until - now) / 1000,
                    rule: matcher.match(holding.owner.matched).map { RuleEntry(matcher.rule($0.number)) })
            }, inKernel: inKernel)
    }

    /// Who owns `address`, where packets to it go, and what the kernel says.
    package func explain(_ address: IPAddress, kernel: KernelSight?) -> AddressExplanation {
        if let silence { return explain(address, kernel: kernel, silence) }
        let leases = ledger?.leases(of: address) ?? []
        let network = matcher.match(address)
        let traffic = circumstances.traffic(
            to: address, leases: Set(leases.map(\.route.action)), network: network?.action,
            named: (leases.compactMap(\.node).first.flatMap { Node($0) }, network.flatMap { circumstances.tunnel(of: $0)?.node }),
            isOwn: kernel?.isOwn(address) ?? false,
            defaultIsTunnel: defaultIsTunnel)
        var explanation = AddressExplanation(
            address: "\(address)", path: traffic.verdict.word, text: traffic.sentence(circumstances),
            network: network.map { RuleEntry(matcher.rule($0.number)) },
            leases: leases.map { report($0, inKernel: kernel?.holds(address, $0.route)) })
        explanation.kernel = kernel?.explain(address, marks: traffic.marks)
        return explanation
    }
}

extension SteeredRoute {
    var action: Action {
        switch self {
        case .tunnel: .tunnel
        case .direct: .direct
        case .lan: .lan
        }
    }
}

extension Traffic.Verdict {
    /// The word of `AddressExplanation.path`.
    var word: String {
        switch self {
        case .by(let path): path.rawValue
        case .asRouted: "default"
        case .rejected: "refused"
        }
    }
}

extension Traffic {
    /// Marks with which the kernel is to be asked the way: none for what is refused before any.
    var marks: [UInt32] {
        switch verdict {
        case .rejected: []
        case .by, .asRouted: mark.map { $0 == 0 ? [0] : [$0, 0] } ?? [0]
        }
    }

    func sentence(_ circumstances: Circumstances) -> String {
        let because =
            switch cause {
            case .own: "it is this machine's own"
            case .lease(let action): "a \(action.rawValue) rule owns it"
            case .network(let action): "it is in a network of a \(action.rawValue) rule"
            case .localNetwork: "it is in a local network"
            case .routingDefault: "no rule owns it"
            }
        switch verdict {
        case .by(.tunnel): return "go in the tunnel\((tunnel?.name ?? circumstances.tunnelInUse).map { " '\($0)'" } ?? ""): \(because)"
        case .by(.outside): return "go outside the tunnel: \(because)"
        case .by(.lan): return "go to the local network: \(because)"
        case .asRouted: return "go as the kernel routes, never into the tunnel: \(because)"
        case .rejected:
            switch cause {
            case .lease(.tunnel), .network(.tunnel):
                return "are refused: \(because), and the tunnel\(tunnel.map { " '\($0.name)'" } ?? "") is not connected"
            case .routingDefault: return "are refused: all else goes in the tunnel, which is not connected"
            case .lease(.lan), .network(.lan): return "are refused: \(because), and it is not private"
            case .localNetwork: return "are refused: \(because), and LAN sharing is off"
            case .own, .lease(.direct), .lease(.block), .network(.direct), .network(.block): return "are refused: \(because)"
            }
        }
    }
}
