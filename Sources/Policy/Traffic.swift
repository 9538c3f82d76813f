// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Where the packets of a normal app to an address go, by the rows of MATRIX.md, "Traffic", that know addresses.
package struct Traffic: Hashable, Sendable {
    package let verdict: Verdict
    package let cause: Cause
    /// The tunnel that a rule names for it; nil: the one in use.
    package let tunnel: NamedTunnel?

    package init(verdict: Verdict, cause: Cause, tunnel: NamedTunnel? = nil) {
        self.verdict = verdict
        self.cause = cause
        self.tunnel = tunnel
    }

    package enum Verdict: Hashable, Sendable {
        case by(Path)
        /// As the kernel routes it, but not into the tunnel.
        case asRouted
        /// Refused at once.
        case rejected
    }

    package enum Cause: Hashable, Sendable {
        /// The machine's own address, or loopback.
        case own
        case lease(Action)
        case network(Action)
        case localNetwork
        case routingDefault
    }

    /// The mark its packets carry when they are routed; nil where they are refused before.
    package var mark: UInt32? {
        switch verdict {
        case .by(let path): tunnel?.node.mark ?? path.mark
        case .asRouted: 0
        case .rejected: nil
        }
    }
}

extension Circumstances {
    /// The row that decides for `address`.
    /// - Parameters:
    ///   - leases: the actions of the rules it is owed to.
    ///   - network: the action of the longest network around it.
    ///   - named: the tunnel that the lease's rule, or the network's, names.
    ///   - isOwn: whether it is one of this machine's.
    ///   - defaultIsTunnel: `routing.default = "tunnel"`.
    package func traffic(
        to address: IPAddress, leases: Set<Action>, network: Action?, named: (lease: Node?, network: Node?) = (nil, nil),
        isOwn: Bool = false,
        defaultIsTunnel: Bool
    ) -> Traffic {
        func verdict(_ action: Action, _ tunnel: NamedTunnel?) -> Traffic.Verdict {
            switch action {
            case .tunnel: intoTheTunnel(tunnel)
            case .direct: .by(.outside)
            case .lan: ranges.contains(address) ? .by(.lan) : .rejected
            case .block: .rejected
            }
        }
        if isOwn { return Traffic(verdict: .asRouted, cause: .own) }
        for action in [Action.tunnel, .direct, .lan, .block] {
            func tunnel(_ node: Node?) -> NamedTunnel? {
                action == .tunnel ? node.flatMap { node in tunnels.first { $0.node == node } } : nil
            }
            // The kernel asks who names its tunnel once it goes in the tunnel at all: by address, then by network.
            if leases.contains(action) {
                let tunnel = tunnel(named.lease)
                return Traffic(verdict: verdict(action, tunnel), cause: .lease(action), tunnel: tunnel)
            }
            if network == action {
                let tunnel = tunnel(named.network)
                return Traffic(verdict: verdict(action, tunnel), cause: .network(action), tunnel: tunnel)
            }
        }
        if ranges.contains(address) || address.isToMany {
            return Traffic(verdict: lanSharing ? .asRouted : .rejected, cause: .localNetwork)
        }
        guard defaultIsTunnel else { return Traffic(verdict: .asRouted, cause: .routingDefault) }
        switch state {
        case .connected: return Traffic(verdict: .by(.tunnel), cause: .routingDefault)
        case .disconnected: return Traffic(verdict: .asRouted, cause: .routingDefault)
        case .connecting, .disconnecting, .error: return Traffic(verdict: .rejected, cause: .routingDefault)
        }
    }

    private func intoTheTunnel(_ tunnel: NamedTunnel?) -> Traffic.Verdict {
        switch state {
        case .connected: tunnel.map { $0.state == .connected } ?? true ? .by(.tunnel) : .rejected
        case .disconnected where tunnelRulesFallToSystem: .asRouted
        case .disconnected, .connecting, .disconnecting, .error: .rejected
        }
    }
}

extension IPAddress {
    /// Multicast, or everybody on the link.
    fileprivate var isToMany: Bool {
        switch self {
        case .v4(let raw): raw >> 28 == 14 || raw == .max
        case .v6(let high, _): high >> 56 == 0xFF
        }
    }
}
