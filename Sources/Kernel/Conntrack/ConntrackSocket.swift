// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// Ends flows: their next packet begins a new one, and gets its path anew.
///
/// The sockets at both ends hear nothing of it. Flows are told apart by the upper eight bits of their mark; none of another mark is touched.
package struct ConntrackSocket: ~Copyable {
    private var socket: NetlinkSocket

    /// Errors: no netlink, or no ctnetlink in the kernel.
    package init() throws(KernelError) {
        socket = try NetlinkSocket(NETLINK_NETFILTER)
        socket.allow(bytes: 8 << 20)
    }

    /// The flows that bear one of these marks.
    package mutating func flows(marks: Set<UInt8>) throws(KernelError) -> [Flow] {
        guard let first = marks.first else { return [] }
        // The kernel compares the bits in which all of them agree.
        let mask = ~marks.reduce(0) { $0 | ($1 ^ first) }
        let header = ConntrackMessage.header(nil)
        return try socket.dump(ConntrackMessage.get, header: header, "read flows") { $0.connectionMark(first, mask: mask) }
            .compactMap { Flow($0) }.filter { marks.contains($0.markClass) }
    }

    /// Ends these flows. One that ended by itself meanwhile is no error.
    ///
    /// One by one: the kernel's own filter for deleting takes, for IPv6, every address but the one it was given (measured on 6.18).
    /// - Returns: how many it ended.
    @discardableResult
    package mutating func end(_ flows: [Flow]) throws(KernelError) -> Int {
        try socket.each(flows, "end flows") { flow, requests, sequence in
            let header = ConntrackMessage.header(flow.source.family)
            requests.message(ConntrackMessage.delete, flags: 0, sequence: sequence, header: header) { $0.identity(of: flow) }
        }
    }
}
