// SPDX-License-Identifier: MIT
import Wire

/// For those who look.
extension Resolver {
    /// The addresses of the answers kept for a name; nil: none is kept.
    package func remembered(_ name: Name, at now: Instant) -> (chain: [Name], addresses: [IPAddress])? {
        let answers = cache.answers(for: name, at: now)
        guard !answers.isEmpty else { return nil }
        var addresses: [IPAddress] = []
        for address in answers.flatMap(\.addresses) where !addresses.contains(address) { addresses.append(address) }
        return ([], addresses)
    }

    /// Names with a kept answer, in no order.
    package func namesAskedLately(_ count: Int) -> [Name] { cache.names(atMost: count) }

    /// Forgets the answers for `name` and what is below it; nil: all. What is owed stays owed. Returns how many.
    package mutating func flush(_ name: Name?, at now: Instant) -> Int {
        guard let name, !name.isRoot else {
            defer { cache.removeAll() }
            return cache.count
        }
        return cache.remove(atOrBelow: name)
    }
}
