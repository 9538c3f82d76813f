// SPDX-License-Identifier: MIT
import Glibc
import NIOCore
import Upstreams
import Wire

extension NIOCore.SocketAddress {
    init(_ server: ServerAddress) {
        let scope = server.zone.map { unsafe if_nametoindex($0) } ?? 0
        let peer = Upstreams.SocketAddress(server.address, port: server.port, scope: scope)
        self = unsafe peer.with { pointer, _ in
            switch server.address {
            case .v4: unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { unsafe NIOCore.SocketAddress($0.pointee) }
            case .v6: unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { unsafe NIOCore.SocketAddress($0.pointee) }
            }
        }
    }
}
