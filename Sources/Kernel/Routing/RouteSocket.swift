// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// Rules and routes of ours, by rtnetlink. Everything can be said again: what stands already is left alone.
package struct RouteSocket: ~Copyable {
    var socket: NetlinkSocket

    package init() throws(KernelError) {
        socket = try NetlinkSocket(NETLINK_ROUTE)
        // A table of many routes goes in one piece.
        socket.allow(bytes: 8 << 20)
        socket.filterListings()
    }

    /// Puts our rules of both families in place, for these tunnel devices (ten at most), and takes away other rules of ours.
    /// - Returns: how many were not as they should be.
    ///
    /// They come before those of others: whoever adds one without a preference, as wg-quick does, gets the one before all there are, and ours
    /// move before it.
    @discardableResult package mutating func setRules(tunnels: [String]) throws(KernelError) -> Int {
        let (standing, first) = try standingRules()
        return try reconcile(RoutingRule.all(tunnels: tunnels, from: RoutingRule.begin(standing: standing, others: first)), standing)
    }

    /// Takes away all rules of ours, and no others.
    package mutating func removeRules() throws(KernelError) { _ = try reconcile([], standingRules().ours) }

    /// Our rules as they stand, and the first preference of others behind that of `local`.
    private mutating func standingRules() throws(KernelError) -> (ours: [RoutingRule], others: UInt32) {
        var standing: [RoutingRule] = []
        var others = UInt32.max
        for family in IPAddress.Family.allCases {
            let header: [UInt8] = [family.number] + Array(repeating: 0, count: 11)
            for message in try socket.dump(UInt16(RTM_GETRULE), header: header, "read routing rules") {
                if let rule = RoutingRule(message) {
                    standing.append(rule)
                } else if let preference = RoutingRule.preference(of: message), preference > 0 {
                    others = min(others, preference)
                }
            }
        }
        return (standing, others)
    }

    private mutating func reconcile(_ wanted: [RoutingRule], _ standing: [RoutingRule]) throws(KernelError) -> Int {
        let operation = "set routing rules"
        // What stands twice is taken away once.
        var surplus = standing
        for rule in wanted { if let index = surplus.firstIndex(of: rule) { surplus.remove(at: index) } }
        var requests = NetlinkBuffer()
        let missing = wanted.filter { !standing.contains($0) }
        for rule in missing {
            rule.write(
                to: &requests, UInt16(RTM_NEWRULE), flags: NetlinkFlag.create | NetlinkFlag.exclusive, sequence: socket.nextSequence())
        }
        for rule in surplus { rule.write(to: &requests, UInt16(RTM_DELRULE), flags: 0, sequence: socket.nextSequence()) }
        try apply(requests, operation, but: [EEXIST, ENOENT])
        return missing.count + surplus.count
    }

    /// Sends requests; the first failure that matters becomes the error, after all have been carried out.
    mutating func apply(_ requests: NetlinkBuffer, _ operation: String, but harmless: Set<Int32>) throws(KernelError) {
        guard !requests.bytes.isEmpty else { return }
        var requests = requests
        requests.askForAcknowledgement()
        let failures = try socket.exchange(requests, operation)
        if let failure = failures.first(where: { !harmless.contains($0.errno) }) { throw .call(operation, errno: failure.errno) }
    }
}
