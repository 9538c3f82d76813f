// SPDX-License-Identifier: MIT
import Wire

/// For those who look.
extension Resolver {
    /// What was last answered for a name: the names it is an alias of, and its addresses; nil: nothing is remembered.
    package func remembered(_ name: Name, at now: Instant) -> (chain: [Name], addresses: [IPAddress])? {
        var chain: [Name] = []
        var addresses: [IPAddress] = []
        var isKnown = false
        func note(_ aliases: some Sequence<Name>, _ some: [IPAddress]) {
            isKnown = true
            for alias in aliases where alias != name && !chain.contains(alias) { chain.append(alias) }
            for address in some where !addresses.contains(address) { addresses.append(address) }
        }
        for answer in cache.answers(for: name, at: now) { note(answer.aliases, answer.addresses) }
        if !isKnown {
            handedOut.forEach(at: now) { record in
                if record.asked == name { note(record.names, record.addresses) }
            }
        }
        return isKnown ? (chain, addresses) : nil
    }

    /// Names whose answers are remembered, each once, in no order.
    package func namesAskedLately(_ count: Int) -> [Name] {
        var names = Set(cache.names(atMost: count))
        handedOut.forEach(at: Instant(milliseconds: .min)) { record in
            if names.count < count, let asked = record.asked { names.insert(asked) }
        }
        return Array(names)
    }
}
