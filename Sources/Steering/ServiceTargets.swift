// SPDX-License-Identifier: MIT
import Wire

/// Names that service bindings of `tunnel` names lead to (RFC 9460, AliasMode and TargetName). A client asks for their addresses next, and by the name
/// alone nobody could tell that the tunnel's traffic goes there.
///
/// Only of `tunnel` names: whoever answers for a `direct` one could otherwise take any name out of the tunnel.
package struct ServiceTargets: Sendable {
    /// Names remembered at the most; the one that ends first makes room.
    package static let most = 1024
    /// Milliseconds a name is remembered at the least, also where its TTL is 0: the question comes at once.
    package static let shortest: Int64 = 60_000

    private var targets: [Name: (origin: Name, until: Instant)] = [:]

    package init() {}

    package var count: Int { targets.count }

    package mutating func remember(_ names: [Name], of origin: Name, ttl: UInt32, at now: Instant) {
        remember(names, of: origin, until: now + max(Self.shortest, Int64(ttl) * 1000))
    }

    mutating func remember(_ names: [Name], of origin: Name, until: Instant) {
        for name in names {
            if targets[name] == nil, targets.count >= Self.most, let first = targets.min(by: { $0.value.until < $1.value.until }) {
                targets[first.key] = nil
            }
            targets[name] = (origin, max(until, targets[name]?.until ?? until))
        }
    }

    package func origin(of name: Name) -> Name? { targets.isEmpty ? nil : targets[name]?.origin }

    /// All of them, in no order.
    var all: [(name: Name, origin: Name, until: Instant)] { targets.map { ($0.key, $0.value.origin, $0.value.until) } }

    package mutating func expire(at now: Instant) {
        guard targets.values.contains(where: { $0.until <= now }) else { return }
        targets = targets.filter { $0.value.until > now }
    }
}
