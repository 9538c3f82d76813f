// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Upstreams
import Wire

/// A TCP connection to the daemon.
struct Stream {
    private let fd: Int32
    private var buffer: [UInt8] = []

    init() {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let server = SocketAddress(.v4(0x7F00_0035), port: 53)
        guard unsafe server.with({ unsafe connect(fd, $0, $1) }) == 0 else { Probe.fail("no connection: errno \(errno)") }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    func close() { Glibc.close(fd) }

    /// False: the connection is over.
    func send(_ packet: [UInt8]) -> Bool {
        let framed = [UInt8(packet.count >> 8), UInt8(packet.count & 255)] + packet
        return unsafe framed.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == framed.count
    }

    /// Whether the daemon has closed it, or does in so many milliseconds.
    func isOver(within milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        return unsafe poll(&polled, 1, milliseconds) > 0 && recv(fd, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) <= 0
    }

    /// A whole reply that is there already, or comes in so many milliseconds.
    mutating func next(within milliseconds: Int32) -> [UInt8]? {
        while true {
            let end = buffer.count < 2 ? 2 : 2 + Int(buffer[0]) << 8 + Int(buffer[1])
            if buffer.count >= 2, buffer.count >= end {
                defer { buffer.removeFirst(end) }
                return Array(buffer[2..<end])
            }
            var polled = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            guard unsafe poll(&polled, 1, milliseconds) > 0 else { return nil }
            let count = unsafe piece.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            guard count > 0 else { return nil }
            buffer += piece[..<count]
        }
    }
}
