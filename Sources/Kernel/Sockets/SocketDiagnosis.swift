// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// Ends TCP connections of programs here: they hear of it at once, also those that send nothing (ECONNABORTED).
package struct SocketDiagnosis: ~Copyable {
    private var socket: NetlinkSocket
    private static let byFamily: UInt16 = 20  // SOCK_DIAG_BY_FAMILY
    private static let destroy: UInt16 = 21  // SOCK_DESTROY

    /// Both ends of a connection, seen from here.
    package struct Ends: Hashable, Sendable {
        package let local: ServerAddress
        package let remote: ServerAddress

        package init(local: ServerAddress, remote: ServerAddress) {
            self.local = local
            self.remote = remote
        }
    }

    /// Errors: no netlink, or no sock_diag in the kernel.
    package init() throws(KernelError) {
        socket = try NetlinkSocket(NETLINK_SOCK_DIAG)
        socket.allow(bytes: 8 << 20)
    }

    /// Ends the connections with these ends. One that ended by itself meanwhile is no error.
    ///
    /// Each by the number that the kernel gave its socket: by its ends alone it would find, of one that is gone, who listens there.
    /// - Returns: how many it ended.
    ///
    /// Errors: EOPNOTSUPP where the kernel cannot (CONFIG_INET_DIAG_DESTROY).
    @discardableResult
    package mutating func end(_ wanted: Set<Ends>) throws(KernelError) -> Int {
        let operation = "end connections"
        guard !wanted.isEmpty else { return 0 }
        var doomed: [(family: UInt8, id: [UInt8])] = []
        for family in [UInt8(AF_INET), UInt8(AF_INET6)] {
            let request = Self.request(family, id: Array(repeating: 0, count: 48))
            for message in try socket.dump(Self.byFamily, header: request, "read sockets") {
                guard let ends = Ends(message.payload), wanted.contains(ends) else { continue }
                doomed.append((family, Array(message.payload[4..<52])))
            }
        }
        return try socket.each(doomed, operation) { one, requests, sequence in
            requests.message(Self.destroy, flags: 0, sequence: sequence, header: Self.request(one.family, id: one.id))
        }
    }

    /// inet_diag_req_v2 of <linux/inet_diag.h>: of TCP, whatever has two ends and may still speak.
    private static func request(_ family: UInt8, id: [UInt8]) -> [UInt8] {
        let states = [1, 2, 3, 4, 5, 8, 9, 11].reduce(0 as UInt32) { $0 | 1 << $1 }  // ESTABLISHED … CLOSING; not TIME_WAIT, CLOSE, LISTEN
        var header = NetlinkBuffer(capacity: 8)
        header.append(states)
        return [family, UInt8(IPPROTO_TCP), 0, 0] + header.bytes + id
    }
}

extension SocketDiagnosis.Ends {
    /// From an inet_diag_msg: family, state, timer, retransmissions; ports, addresses, interface, number.
    fileprivate init?(_ bytes: [UInt8]) {
        guard bytes.count >= 52 else { return nil }
        let length = Int32(bytes[0]) == AF_INET ? 4 : 16
        func end(_ port: Int, _ address: Int) -> ServerAddress? {
            IPAddress(bytes: bytes[address..<address + length])
                .map { ServerAddress($0.unmapped, port: UInt16(bytes[port]) << 8 | UInt16(bytes[port + 1])) }
        }
        guard let local = end(4, 8), let remote = end(6, 24) else { return nil }
        self.init(local: local, remote: remote)
    }

    /// The ends of a flow, if one of them is a program's here that began it, or was called.
    package init(_ flow: Flow, isArrival: Bool = false) {
        let source = ServerAddress(flow.source, port: flow.sourcePort)
        let destination = ServerAddress(flow.destination, port: flow.destinationPort)
        self = isArrival ? .init(local: destination, remote: source) : .init(local: source, remote: destination)
    }
}
