// SPDX-License-Identifier: MIT
import Glibc
@testable import LeakTest
import Wire

/// The few socket calls the world and the stand-in need.
enum Sockets {
    /// A socket bound to the address; TCP ones listen.
    static func bound(to place: ServerAddress, _ transport: Transport) throws -> Int32 {
        let socket = open(place, transport)
        var one: Int32 = 1
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe place.withSocketAddress({ unsafe bind(socket, $0, $1) }) == 0, transport == .udp || listen(socket, 64) == 0 else {
            throw SetupError(description: "bind \(place): \(errno)")
        }
        return socket
    }

    /// A socket on one device, connected to the address; nil if it cannot be. Calls on it wait for at most 300 ms.
    static func connected(to place: ServerAddress, _ transport: Transport, device: String) -> Int32? {
        let socket = open(place, transport)
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device, socklen_t(device.utf8.count))
        waitAtMost(socket, milliseconds: 300)
        guard unsafe place.withSocketAddress({ unsafe connect(socket, $0, $1) }) == 0 else {
            close(socket)
            return nil
        }
        return socket
    }

    static func waitAtMost(_ socket: Int32, milliseconds: Int) {
        var time = timeval(tv_sec: 0, tv_usec: milliseconds * 1000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }

    static func receive(_ socket: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    static func send(_ socket: Int32, _ bytes: [UInt8]) { _ = unsafe Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// Waits for one datagram and sends back what `answer` makes of it.
    static func serveDatagram(_ socket: Int32, _ answer: ([UInt8]) -> [UInt8]?) {
        var from = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var buffer = [UInt8](repeating: 0, count: 4096)
        unsafe withUnsafeMutablePointer(to: &from) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let count = unsafe recvfrom(socket, &buffer, buffer.count, 0, address, &length)
                guard count > 0, let reply = answer(Array(buffer[..<count])) else { return }
                _ = unsafe sendto(socket, reply, reply.count, 0, address, length)
            }
        }
    }

    /// Takes one connection and answers one message on it.
    static func serveConnection(_ listener: Int32, _ answer: ([UInt8]) -> [UInt8]?) {
        let socket = accept(listener, nil, nil)
        guard socket >= 0 else { return }
        defer { close(socket) }
        waitAtMost(socket, milliseconds: 300)
        guard let message = receive(socket), message.count > 2, let reply = answer(Array(message[2...])) else { return }
        send(socket, framed(reply))
    }

    static func framed(_ message: [UInt8]) -> [UInt8] { [UInt8(message.count >> 8), UInt8(message.count & 255)] + message }

    private static func open(_ place: ServerAddress, _ transport: Transport) -> Int32 {
        let type = Int32((transport == .udp ? SOCK_DGRAM : SOCK_STREAM).rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return socket(place.address.family == .v4 ? AF_INET : AF_INET6, type, 0)
    }
}
