// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Policy
import Wire

extension RouteSocket {
    /// Sends what is marked for the tunnel into this device, in the families it has; all else of it is unreachable.
    ///
    /// A change of device is one replacement for each family: no packet sees neither. What stands already is not written.
    /// - Returns: how many routes were not as they should be.
    @discardableResult
    package mutating func setTunnel(link: UInt32?, families: Set<IPAddress.Family>) throws(KernelError) -> Int {
        try setTable(RouteTable.tunnel, link, families)
    }

    /// The same for what is marked for one node.
    @discardableResult
    package mutating func setNode(_ node: Node, link: UInt32?, families: Set<IPAddress.Family>) throws(KernelError) -> Int {
        try setTable(RouteTable.of(node), link, families)
    }

    private mutating func setTable(_ table: UInt32, _ link: UInt32?, _ families: Set<IPAddress.Family>) throws(KernelError) -> Int {
        let operation = "set the tunnel's routes"
        let standing = try routes(in: table)
        var changes = 0
        var requests = NetlinkBuffer()
        func put(_ route: Route) {
            route.write(
                to: &requests, UInt16(RTM_NEWROUTE), flags: NetlinkFlag.create | NetlinkFlag.replace, sequence: socket.nextSequence())
            changes += 1
        }
        for family in IPAddress.Family.allCases {
            let theirs = standing.filter { $0.family == family && $0.destination == 0 }
            if !theirs.contains(where: { $0.type == RTN_UNREACHABLE }) { put(Route(defaultIn: table, family, link: nil)) }
            guard let link, families.contains(family) else { continue }
            // The kernel adds a metric and more to an IPv6 route; the device tells enough.
            if !theirs.contains(where: { $0.isDefault && $0.links == [link] }) {
                put(Route(defaultIn: table, family, link: link))
            }
        }
        try apply(requests, operation, but: [])
        var surplus = NetlinkBuffer()
        for route in standing where route.type == RTN_UNICAST {
            if let link, families.contains(route.family), route.isDefault, route.links == [link] { continue }
            route.write(to: &surplus, UInt16(RTM_DELROUTE), flags: 0, sequence: socket.nextSequence())
            changes += 1
        }
        // What was replaced is gone.
        try apply(surplus, operation, but: [ESRCH])
        return changes
    }

    /// What the copy of main came to.
    package struct Mirror: Hashable, Sendable {
        /// The families that have a default route outside the tunnels.
        package let defaults: Set<IPAddress.Family>
        /// How many routes were added or taken away.
        package let changes: Int
        /// What of main was to be copied, in a form that tells only whether it changed.
        package let source: Int
        /// Routes that the kernel did not take; mostly their address or device went meanwhile, and the next event says so.
        package let refused: [KernelError]
    }

    /// Copies main's routes that use none of these devices to the table of what goes outside.
    package mutating func mirrorMain(excluding tunnels: Set<UInt32>) throws(KernelError) -> Mirror {
        let carried: Set<UInt8> = [RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW].reduce(into: []) {
            $0.insert(UInt8($1))
        }
        let wanted = try routes(in: RouteTable.main)
            .filter { carried.contains($0.type) && tunnels.isDisjoint(with: $0.links) }
            .map { Route($0, in: RouteTable.outside) }
        let standing = try routes(in: RouteTable.outside)
        let added = Set(wanted).subtracting(standing)
        let removed = Set(standing).subtracting(wanted)
        var requests = NetlinkBuffer()
        // Networks on a link before gateways on them, the longest prefix first: a gateway is looked up in this very table.
        for route in wanted.filter(added.contains).sorted(by: Self.before) {
            let flags = NetlinkFlag.create | NetlinkFlag.append
            route.write(to: &requests, UInt16(RTM_NEWROUTE), flags: flags, sequence: socket.nextSequence())
        }
        for route in standing.filter(removed.contains).sorted(by: Self.before).reversed() {
            route.write(to: &requests, UInt16(RTM_DELROUTE), flags: 0, sequence: socket.nextSequence())
        }
        let operation = "copy main's routes"
        var refused: [KernelError] = []
        if !requests.bytes.isEmpty {
            requests.askForAcknowledgement()
            refused = try socket.exchange(requests, operation).filter { $0.errno != EEXIST && $0.errno != ESRCH }
                .map { .call(operation, errno: $0.errno) }
        }
        return .init(
            defaults: Set(wanted.filter(\.isDefault).map(\.family)), changes: added.count + removed.count,
            source: Set(wanted).hashValue, refused: refused)
    }

    /// Empties all tables of ours.
    package mutating func removeTables() throws(KernelError) {
        var requests = NetlinkBuffer()
        for table in RouteTable.ours {
            for route in try routes(in: table).sorted(by: Self.before).reversed() {
                route.write(to: &requests, UInt16(RTM_DELROUTE), flags: 0, sequence: socket.nextSequence())
            }
        }
        try apply(requests, "empty the tunnel's tables", but: [ESRCH])
    }

    private static func before(_ one: Route, _ other: Route) -> Bool {
        one.hasGateway == other.hasGateway ? one.destination > other.destination : !one.hasGateway
    }

    /// The routes of a table, of both families. The kernel passes over those of others: `local` alone may hold thousands.
    mutating func routes(in table: UInt32) throws(KernelError) -> [Route] {
        var routes: [Route] = []
        for family in IPAddress.Family.allCases {
            let header: [UInt8] = [family.number] + Array(repeating: 0, count: 11)
            do {
                routes += try socket.dump(UInt16(RTM_GETROUTE), header: header, "read routes") {
                    $0.attribute(UInt16(RTA_TABLE.rawValue), native: table)
                }.compactMap { Route($0) }.filter { $0.table == table }
            } catch .call(_, errno: ENOENT) {
                // A table that nothing was ever put into.
            }
        }
        return routes
    }
}
