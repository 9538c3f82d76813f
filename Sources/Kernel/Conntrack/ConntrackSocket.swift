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

    /// Ends those flows of these marks for which `condition` holds. A flow that ended by itself meanwhile is no error.
    /// - Returns: how many it ended.
    @discardableResult
    package mutating func endFlows(marks: Set<UInt8>, where condition: (Flow) -> Bool) throws(KernelError) -> Int {
        try end(flows(marks: marks).filter(condition))
    }

    /// Ends these, and none that took the place of one of them meanwhile. Returns how many it ended.
    @discardableResult
    package mutating func end(_ flows: [Flow]) throws(KernelError) -> Int {
        let operation = "end flows"
        var ended = 0
        var rest = flows[...]
        while !rest.isEmpty {
            var requests = NetlinkBuffer()
            for flow in rest.prefix(1024) {
                requests.message(
                    ConntrackMessage.delete, flags: 0, sequence: socket.nextSequence(), header: ConntrackMessage.header(flow.source.family)
                ) { $0.identity(of: flow) }
            }
            let failures = try all(requests, operation)
            if let failure = failures.first(where: { $0 != ENOENT }) { throw .call(operation, errno: failure) }
            ended += min(rest.count, 1024) - failures.count
            rest = rest.dropFirst(1024)
        }
        return ended
    }

    /// Ends the flows of these marks whose first packet went to this address.
    package mutating func endFlows(to address: IPAddress, marks: Set<UInt8>) throws(KernelError) {
        switch address {
        case .v4:
            do {
                return try endFlowsByFilter(to: address, marks: marks)
            } catch .call(_, errno: EINVAL), .call(_, errno: EOPNOTSUPP) {
                // Before Linux 6.8 the filter is for listing only, before 5.8 unknown; the tuple without ports is refused then.
            }
        case .v6:
            // Measured on 6.18: for IPv6 the kernel's filter is the wrong way round. It takes every address but the one it was given.
            break
        }
        try endFlows(marks: marks) { $0.destination == address }
    }

    /// By one walk through the table for each mark, within the kernel. Only right for IPv4.
    mutating func endFlowsByFilter(to address: IPAddress, marks: Set<UInt8>) throws(KernelError) {
        var requests = NetlinkBuffer()
        for mark in marks {
            let header = ConntrackMessage.header(address.family, version: 1)
            requests.message(ConntrackMessage.delete, flags: 0, sequence: socket.nextSequence(), header: header) {
                $0.originalDestination(address)
                $0.connectionMark(mark)
            }
        }
        guard !marks.isEmpty else { return }
        let operation = "end flows to \(address)"
        if let failure = try all(requests, operation).first { throw .call(operation, errno: failure) }
    }

    private mutating func all(_ requests: NetlinkBuffer, _ operation: String) throws(KernelError) -> [Int32] {
        var requests = requests
        requests.askForAcknowledgement()
        return try socket.exchange(requests, operation).map(\.errno)
    }
}
