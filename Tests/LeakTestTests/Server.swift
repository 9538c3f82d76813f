// SPDX-License-Identifier: MIT
import Glibc
import LeakTest
import Synchronization
import Wire

/// Answers datagrams and connections on a thread of its own until it is stopped.
final class Server: Sendable {
    private let stopping = Atomic(false)
    private let stopped = Atomic(false)

    init(udp: [Int32], tcp: [Int32], answer: @escaping @Sendable ([UInt8], Transport) -> [UInt8]?) {
        startThread { [self] in
            let sockets = udp + tcp
            while !stopping.load(ordering: .acquiring) {
                var waiting = sockets.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                _ = unsafe poll(&waiting, nfds_t(waiting.count), 50)
                for (index, entry) in waiting.enumerated() where entry.revents != 0 {
                    if index < udp.count {
                        Sockets.serveDatagram(entry.fd) { answer($0, .udp) }
                    } else {
                        Sockets.serveConnection(entry.fd) { answer($0, .tcp) }
                    }
                }
            }
            for socket in sockets { close(socket) }
            stopped.store(true, ordering: .releasing)
        }
    }

    func stop() {
        stopping.store(true, ordering: .releasing)
        while !stopped.load(ordering: .acquiring) { usleep(1000) }
    }
}

/// The message as a response with this RCODE and no records.
func response(to query: [UInt8], rcode: UInt8) -> [UInt8]? {
    guard query.count >= 12 else { return nil }
    var reply = query
    reply[2] |= 0x80
    reply[3] = 0x80 | rcode
    return reply
}
