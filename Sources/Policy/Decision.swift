// SPDX-License-Identifier: MIT
import Rules
import Wire

/// What is done with a question: one cell of the matrix.
package struct Decision: Hashable, Sendable {
    package let outcome: Outcome
    package let reason: Reason
    /// The rule that decided; nil where none did.
    package let rule: Ruling?

    package enum Outcome: Hashable, Sendable {
        /// Sent on `path` to these servers, in this order. Where a custom list mixes paths, each server has its own and `path` is the first one's.
        case ask(path: Path, [Ask])
        case refuse(Refusal)
        case block
        case local(LocalAnswer)
    }

    package init(_ outcome: Outcome, _ reason: Reason, rule: Ruling? = nil) {
        self.outcome = outcome
        self.reason = reason
        self.rule = rule
    }
}

/// A server, and the only way to it.
package struct Ask: Hashable, Sendable {
    package let path: Path
    package let server: ServerAddress
    /// The tunnel that a rule names; nil: the one in use, or no tunnel's path.
    package let node: Node?

    package init(_ path: Path, _ server: ServerAddress, by node: Node? = nil) {
        self.path = path
        self.server = server
        self.node = node
    }

    /// Of its socket.
    package var mark: UInt32 { node?.mark ?? path.mark }

    /// Whether it is asked on one of these paths, or by one of these tunnels that rules name.
    package func isOn(_ paths: [Path], _ nodes: Set<Node>) -> Bool { node.map(nodes.contains) ?? paths.contains(path) }

    /// Whether nobody on the way can change what the server says.
    package var isTrusted: Bool { path == .tunnel || server.isSecure || server.address.isLoopback }
}

/// Why a question is answered SERVFAIL, with nothing on any wire.
package enum Refusal: Hashable, Sendable {
    case notConnected(TunnelState)
    /// The tunnel that the rule names is not connected.
    case namedTunnel(String, TunnelState)
    case lanSharingOff
    case noPrivateServer

    /// What the client is told (RFC 8914): 22 while the tunnel is not there, 18 where policy forbids.
    package var error: ExtendedError {
        switch self {
        case .notConnected(let state): ExtendedError(ExtendedError.noReachableAuthority, "tunnel \(state.rawValue)")
        case .namedTunnel(let name, let state): ExtendedError(ExtendedError.noReachableAuthority, "tunnel \(name) \(state.rawValue)")
        case .lanSharingOff: ExtendedError(ExtendedError.prohibited, "LAN sharing is off")
        case .noPrivateServer: ExtendedError(ExtendedError.prohibited, "no private server for a name of the local network")
        }
    }

    package var reason: Reason {
        switch self {
        case .notConnected, .namedTunnel: .notConnected
        case .lanSharingOff: .lanSharingOff
        case .noPrivateServer: .noPrivateServer
        }
    }
}

/// An answer made on this machine.
package enum LocalAnswer: Hashable, Sendable {
    /// 127.0.0.1 and ::1 (RFC 6761 section 6.3).
    case loopback
    case noData
    case noSuchName
}

/// In one word, why (contract: `why`, `reason`).
package enum Reason: String, Hashable, Sendable {
    case rule, setting, reserved, blocked
    case notConnected = "not-connected"
    case lanSharingOff = "lan-sharing-off"
    case noPrivateServer = "no-private-server"
}
