// SPDX-License-Identifier: MIT
import Wire

/// Addresses that must never enter a set, whatever an upstream answers (shared design, "What a set must never take").
package struct SteeringGuard: Hashable, Sendable {
    /// This machine's own addresses, its gateways and the tunnels' endpoints: steering one of them cuts the branch we sit on.
    package var ours: Set<IPAddress>
    /// Resolvers that are asked on a path, by the path whose sets may not move them.
    package var resolvers: [SteeredRoute: Set<IPAddress>]

    package init(ours: Set<IPAddress> = [], resolvers: [SteeredRoute: Set<IPAddress>] = [:]) {
        self.ours = ours
        self.resolvers = resolvers
    }

    /// - Parameter allowsPrivate: whether the rule may own private addresses; `isPrivate` says whether this is one.
    package func admits(_ address: IPAddress, to route: SteeredRoute, isPrivate: Bool, allowsPrivate: Bool) -> Bool {
        if Self.isNever(address) || ours.contains(address) || resolvers[route]?.contains(address) == true { return false }
        switch route {
        case .tunnel: return true
        case .direct: return allowsPrivate || !isPrivate
        case .lan: return isPrivate
        }
    }

    /// Loopback, link-local, multicast, unspecified, reserved, and what only looks like IPv6.
    private static func isNever(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let raw):
            switch raw >> 24 {
            case 0, 127, 224...255: true
            case 169: raw >> 16 == 169 << 8 | 254
            default: false
            }
        case .v6(let high, let low):
            high == 0 && (low >> 32 == 0xFFFF || low >> 32 == 0)
                || high >> 54 == 0xFE80 >> 6 || high >> 56 == 0xFF
        }
    }
}
