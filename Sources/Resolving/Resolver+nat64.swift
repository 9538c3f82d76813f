// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

/// Whether this network translates IPv6 to IPv4, asked of its own resolver (RFC 7050).
struct NAT64Search {
    /// From one search to the next: after an answer by its TTL, within these bounds; after none, twice as long each time.
    static let shortest: Int64 = 60_000
    static let longest: Int64 = 3_600_000
    static let afterFailure: Int64 = 10_000

    var due = Instant(milliseconds: 0)
    var failures: Int64 = 0
    var key: Cache.Key?

    mutating func succeeded(lifetime: UInt32?, at now: Instant) {
        failures = 0
        key = nil
        due = now + min(Self.longest, max(Self.shortest, Int64(lifetime ?? 0) * 1000))
    }

    mutating func failed(at now: Instant) {
        key = nil
        due = now + min(Self.longest, Self.afterFailure << min(failures, 10))
        failures += 1
    }
}

extension Resolver {
    /// When the search is due; nil: never.
    var searchDue: Instant? {
        snapshot.looksForNAT64 && search.key == nil && !snapshot.circumstances.systemServers.isEmpty ? search.due : nil
    }

    /// Asks the system's servers, outside, whatever rules say: nothing is done with the answer but to look at it.
    mutating func searchNAT64(at now: Instant) {
        guard let due = searchDue, due <= now else { return }
        let query = Query(asking: Question(name: NAT64.name, type: .aaaa))
        let asks = snapshot.circumstances.systemServers.map { Ask(.outside, $0) }
        let key = key(query, asks)
        search.key = key
        if let number = flights.number(of: key) {
            release(number)
            search.key = key
            flights.change(number) { $0.purpose = .search }
        } else {
            fly(query, for: .search, Decision(.ask(path: .outside, asks), .reserved), asks, key, at: now)
        }
    }

    mutating func found(_ answer: Answer, at now: Instant) {
        search.succeeded(lifetime: answer.lifetime, at: now)
        let prefix = NAT64.prefix(in: answer.addresses)
        guard prefix != snapshot.steeringGuard.nat64 else { return }
        snapshot.steeringGuard.nat64 = prefix
        adoptGuard(at: now)
    }

    /// The prefix by which this network translates; nil: it does not, or is not known to.
    package var nat64: Network? { snapshot.steeringGuard.nat64 }
}
