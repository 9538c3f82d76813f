// SPDX-License-Identifier: MIT
import Wire

/// Addresses that must never enter a set, whatever an upstream answers (shared design, "What a set must never take").
package struct SteeringGuard: Hashable, Sendable {
    /// This machine's own addresses.
    package var ours: Set<IPAddress>
    /// The tunnels' endpoints: steering one of them cuts the branch we sit on.
    package var endpoints: Set<IPAddress>
    /// What the networks we are in say is theirs: gateways, the ends of their prefixes.
    package var announced: Set<IPAddress>
    /// Resolvers that are asked on a path, by the path whose sets may not move them.
    package var resolvers: [SteeredRoute: Set<IPAddress>]
    /// The prefix by which this network translates IPv6 to IPv4, if it does (RFC 7050).
    package var nat64: Network?

    /// Why a set does not take an address.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case unspecified, loopback, multicast, reserved
        case linkLocal = "link-local"
        /// An IPv4 address written as an IPv6 one: no packet carries it.
        case mapped
        /// Of this machine, a gateway or a tunnel's endpoint.
        case ours = "own"
        /// A server that is asked on another path.
        case resolver
        /// The rule is `direct`, and does not say `private`.
        case isPrivate = "private"
        /// The rule is `lan`.
        case isPublic = "public"
    }

    package init(
        ours: Set<IPAddress> = [], endpoints: Set<IPAddress> = [], announced: Set<IPAddress> = [],
        resolvers: [SteeredRoute: Set<IPAddress>] = [:], nat64: Network? = nil
    ) {
        self.ours = ours
        self.endpoints = endpoints
        self.announced = announced
        self.resolvers = resolvers
        self.nat64 = nat64
    }

    /// Why the sets of `route` do not take an address; nil: they do. An address that a translator turns into an IPv4 one (NAT64, 6to4 and the like) is
    /// refused for what that one is, too.
    /// - Parameters:
    ///   - isPrivate: whether an address is in the private ranges.
    ///   - allowsPrivate: whether the rule may own private addresses.
    package func refusal(of address: IPAddress, to route: SteeredRoute, isPrivate: (IPAddress) -> Bool, allowsPrivate: Bool) -> Reason? {
        let inner = address.embedded(nat64: nat64)
        if let reason = refusal(of: address, to: route) { return reason }
        for address in inner { if let reason = refusal(of: address, to: route) { return reason } }
        switch route {
        case .tunnel: return nil
        case .direct: return allowsPrivate || !(isPrivate(address) || inner.contains(where: isPrivate)) ? nil : .isPrivate
        case .lan: return isPrivate(address) ? nil : .isPublic
        }
    }

    /// Why a set may not go on holding what stands in it. What a network says of itself takes nothing out of the tunnel: by naming a company's
    /// server its resolver or its gateway, it would get the traffic of whoever holds the address.
    package func expulsion(of address: IPAddress, from route: SteeredRoute, isPrivate: (IPAddress) -> Bool, allowsPrivate: Bool) -> Reason?
    {
        let lasting =
            switch route {
            case .tunnel: SteeringGuard(ours: ours, endpoints: endpoints, nat64: nat64)
            case .direct, .lan: self
            }
        return lasting.refusal(of: address, to: route, isPrivate: isPrivate, allowsPrivate: allowsPrivate)
    }

    private func refusal(of address: IPAddress, to route: SteeredRoute) -> Reason? {
        if let never = Self.never(address) { return never }
        if ours.contains(address) || endpoints.contains(address) || announced.contains(address) { return .ours }
        return resolvers[route]?.contains(address) == true ? .resolver : nil
    }

    /// Addresses no route has, whoever names them.
    package static func never(_ address: IPAddress) -> Reason? {
        switch address {
        case .v4(let raw):
            switch raw >> 24 {
            case 0: .unspecified
            case 127: .loopback
            case 224...239: .multicast
            case 240...255: .reserved
            case 169: raw >> 16 == 169 << 8 | 254 ? .linkLocal : nil
            default: nil
            }
        case .v6(high: 0, low: 0): .unspecified
        case .v6(high: 0, low: 1): .loopback
        // ::/96 was IPv4-compatible once (RFC 4291 section 2.5.5).
        case .v6(high: 0, let low): low >> 32 == 0xFFFF || low >> 32 == 0 ? .mapped : nil
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6 ? .linkLocal : high >> 56 == 0xFF ? .multicast : nil
        }
    }
}
