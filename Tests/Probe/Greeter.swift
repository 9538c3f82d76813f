// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Upstreams
import Wire

/// A TCP server that tells each client where it came from, again and again, for as long as it stays: an administrator's session.
enum Greeter {
    static func serve(at place: ServerAddress) -> Never {
        let address = SocketAddress(place.address, port: place.port)
        let listener = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        guard unsafe address.with({ unsafe bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else { Probe.fail("cannot listen") }
        signal(SIGPIPE, SIG_IGN)
        print("ready")
        fflush(nil)
        var clients: [(fd: Int32, peer: String)] = []
        while true {
            var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&waiting, 1, clients.isEmpty ? -1 : 200) > 0 {
                var storage = sockaddr_storage()
                var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
                let fd = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
                    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe accept(listener, $0, &length) }
                }
                if fd >= 0 { clients.append((fd, SocketAddress(storage).map { "\($0.address)" } ?? "?")) }
            }
            // Five lines a second; who does not take them has gone.
            clients.removeAll { client in
                let line = Array("hello \(client.peer)\n".utf8)
                let isGone = unsafe line.withUnsafeBytes { unsafe send(client.fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) } < 0
                if isGone { close(client.fd) }
                return isGone
            }
        }
    }
}
