// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Something about links, addresses, routes or rules that changed.
package enum KernelEvent: Hashable, Sendable {
    case linkChanged(index: UInt32, name: String, isUp: Bool, exists: Bool)
    case addressesChanged
    /// In main, or in a table of ours.
    case routesChanged
    case rulesChanged
    /// More happened than the socket could hold: everything may have changed.
    case overflow
}

/// Hears what changes. Wait for its descriptor to become readable, then drain it.
package struct LinkMonitor: ~Copyable {
    private var socket: NetlinkSocket

    /// From here on nothing is missed: take the first snapshot after this.
    package init() throws(KernelError) {
        let groups: [rtnetlink_groups] = [
            RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
            RTNLGRP_IPV6_RULE,
        ]
        socket = try NetlinkSocket(NETLINK_ROUTE, groups: groups.reduce(0) { $0 | 1 << ($1.rawValue - 1) })
        socket.allow(bytes: 1 << 20)
    }

    /// Non-blocking.
    package var descriptor: Int32 { socket.descriptor }

    /// What happened since the last call; of equal events the last, so that a link's last state comes last.
    ///
    /// Our own changes of routes and rules are among them.
    package mutating func drain() throws(KernelError) -> [KernelEvent] {
        var events: [KernelEvent] = []
        while true {
            var heard: [KernelEvent] = [.overflow]
            do {
                guard let messages = try socket.receive("hear link events") else { return events }
                heard = messages.compactMap(Self.event)
            } catch .call(_, errno: ENOBUFS) {
                // The kernel has dropped what did not fit.
            }
            for event in heard {
                events.removeAll { $0 == event }
                events.append(event)
            }
        }
    }

    private static func event(_ message: NetlinkMessage) -> KernelEvent? {
        switch Int32(message.type) {
        case Int32(RTM_NEWLINK), Int32(RTM_DELLINK):
            // A bridge tells of its ports in messages of its own family.
            message.payload.first != 0
                ? nil
                : Link(message).map {
                    let exists = Int32(message.type) == Int32(RTM_NEWLINK)
                    return .linkChanged(index: $0.index, name: $0.name, isUp: exists && $0.isUp, exists: exists)
                }
        case Int32(RTM_NEWADDR), Int32(RTM_DELADDR): .addressesChanged
        case Int32(RTM_NEWROUTE), Int32(RTM_DELROUTE): concernsUs(message) ? .routesChanged : nil
        case Int32(RTM_NEWRULE), Int32(RTM_DELRULE): .rulesChanged
        default: nil
        }
    }

    private static func concernsUs(_ message: NetlinkMessage) -> Bool {
        let table = message.attributes(skipping: 12)[UInt16(RTA_TABLE.rawValue)]?.number
        return table.map { $0 == RouteTable.main || RouteTable.ours.contains($0) } ?? false
    }
}
