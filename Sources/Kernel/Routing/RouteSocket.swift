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
    @discardableResult package mutating func setRules(tunnels: [String]) throws(KernelError) -> Int {
        try reconcile(RoutingRule.all(tunnels: tunnels))
    }

    /// Takes away all rules of ours, and no others.
    package mutating func removeRules() throws(KernelError) { _ = try reconcile([]) }

    private mutating func reconcile(_ wanted: [RoutingRule]) throws(KernelError) -> Int {
        let operation = "set routing rules"
        var standing: [RoutingRule] = []
        for family in IPAddress.Family.allCases {
            let header: [UInt8] = [family.number] + Array(repeating: 0, count: 11)
            standing += try socket.dump(UInt16(RTM_GETRULE), header: header, operation).compactMap { RoutingRule($0) }
        }
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
