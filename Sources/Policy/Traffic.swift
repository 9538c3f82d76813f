// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Where the packets of a normal app to an address go, by the rows of MATRIX.md, "Traffic", that know addresses.
package struct Traffic: Hashable, Sendable {
    package let verdict: Verdict
    package let cause: Cause

    package init(verdict: Verdict, cause: Cause) {
        self.verdict = verdict
        self.cause = cause
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
        case .by(let path): path.mark
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
    ///   - isOwn: whether it is one of this machine's.
    ///   - defaultIsTunnel: `routing.default = "tunnel"`.
    package func traffic(
        to address: IPAddress, leases: Set<Action>, network: Action?, isOwn: Bool = false, defaultIsTunnel: Bool
    ) -> Traffic {
        func verdict(_ action: Action) -> Traffic.Verdict {
            switch action {
            case .tunnel: intoTheTunnel
            case .direct: .by(.outside)
            case .lan: ranges.contains(address) ? .by(.lan) : .rejected
            case .block: .rejected
            }
        }
        if isOwn { return Traffic(verdict: .asRouted, cause: .own) }
        for action in [Action.tunnel, .direct, .lan, .block] {
            if leases.contains(action) { return Traffic(verdict: verdict(action), cause: .lease(action)) }
            if network == action { return Traffic(verdict: verdict(action), cause: .network(action)) }
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

    private var intoTheTunnel: Traffic.Verdict {
        switch state {
        case .connected: .by(.tunnel)
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
