// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

/// The frozen world a question is decided in: replaced as a whole, never changed.
package struct Snapshot: Sendable {
    package var circumstances: Circumstances
    package var matcher: Matcher
    /// The classes of traffic that its rules name.
    package var trafficClasses: TrafficClasses
    /// Another for each other matcher: matchers are not compared rule by rule.
    package var rulesRevision: Int
    /// Names that this matcher's rules name exactly and the one before it treated otherwise: looked up ahead when it is taken on
    /// (`Matcher.exactNames`).
    package var ahead: [Name]
    package var steeringGuard: SteeringGuard
    package var rebinding: Rebinding
    /// `conflict = "narrow"`.
    package var narrows: Bool
    /// Families the tunnel in use carries; a `tunnel` name has no addresses of the others. Where its rule names a tunnel, that one's count.
    package var tunnelFamilies: Set<IPAddress.Family>
    /// Whether this network is asked how it translates IPv6 to IPv4 (RFC 7050).
    package var looksForNAT64: Bool
    /// `nat64 = "answer"`: on a network that translates, `tunnel` names have IPv6 addresses also where their tunnel carries none.
    package var answersSixByNAT64: Bool
    package var caching: Caching
    /// Whether every server of a path is asked at once, instead of the first that answers.
    package var racesServers: Bool
    /// Whether names are asked in random case where replies could be forged ("0x20").
    package var mixesCase: Bool
    /// Changes with the link and its DHCP servers: what one network answered is not served on another.
    package var network: Int

    package init(
        circumstances: Circumstances, matcher: Matcher = .empty, trafficClasses: TrafficClasses = .init(), rulesRevision: Int = 0,
        ahead: [Name] = [],
        steeringGuard: SteeringGuard = SteeringGuard(), rebinding: Rebinding = Rebinding(), narrows: Bool = false,
        tunnelFamilies: Set<IPAddress.Family> = [.v4, .v6], looksForNAT64: Bool = false, answersSixByNAT64: Bool = false,
        caching: Caching = Caching(),
        racesServers: Bool = false, mixesCase: Bool = true, network: Int = 0
    ) {
        self.circumstances = circumstances
        self.matcher = matcher
        self.trafficClasses = trafficClasses
        self.rulesRevision = rulesRevision
        self.ahead = ahead
        self.steeringGuard = steeringGuard
        self.rebinding = rebinding
        self.narrows = narrows
        self.tunnelFamilies = tunnelFamilies
        self.looksForNAT64 = looksForNAT64
        self.answersSixByNAT64 = answersSixByNAT64
        self.caching = caching
        self.racesServers = racesServers
        self.mixesCase = mixesCase
        self.network = network
    }
}

/// What is kept of answers, and for how long.
package struct Caching: Hashable, Sendable {
    /// Bytes.
    package var capacity: Int
    /// See `Cache.staleWindow`.
    package var staleWindow: Int64
    /// Whether what is asked for in the last tenth of its time is looked up again.
    package var prefetches: Bool

    /// The defaults: a day of stale answers (RFC 8767 section 5: one to three).
    package init(capacity: Int = 8 << 20, staleWindow: Int64 = 86_400_000, prefetches: Bool = true) {
        self.capacity = capacity
        self.staleWindow = staleWindow
        self.prefetches = prefetches
    }
}
