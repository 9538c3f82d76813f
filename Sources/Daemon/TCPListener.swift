// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Policy
import Upstreams
import Wire

/// One TCP socket that clients connect to.
final class TCPListener {
    let fd: Int32

    init(_ address: IPAddress, port: UInt16) throws(DaemonError) {
        fd = try ListeningSocket.open(address, port, SOCK_STREAM)
        guard listen(fd, 256) == 0 else { throw .system("listen", errno) }
    }

    deinit { close(fd) }

    enum Accepted {
        case connection(Int32, peer: IPAddress)
        case none
        /// One waits, and there is no descriptor for it.
        case noRoom
    }

    /// The next connection that waits.
    func accept() -> Accepted {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let connection = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.accept(fd, $0, &length) }
        }
        guard connection >= 0 else { return errno == EMFILE || errno == ENFILE ? .noRoom : .none }
        _ = fcntl(connection, F_SETFL, O_NONBLOCK)
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        guard let peer = SocketAddress(storage)?.address else {
            close(connection)
            return .none
        }
        return .connection(connection, peer: peer)
    }
}

/// A client's connection: questions behind a length each (RFC 7766), replies in any order.
final class TCPConnection {
    /// Idle for longer, a connection is closed, in milliseconds (RFC 7766 section 6.2.3 leaves it to us).
    static let idle: Int64 = 10_000
    /// Bytes of replies that wait for a client that does not read; more, and the connection is closed.
    private static let mostOutgoing = 1 << 20

    let fd: Int32
    /// Whom we take the client for: the listener's class.
    let app: App
    private(set) var lastUse: Instant
    private var incoming: [UInt8] = []
    private var outgoing: [UInt8] = []
    /// Questions that wait for their replies.
    var owed = 0
    /// Whether the client will ask no more: it may still read (RFC 9293 section 3.6).
    private(set) var hasEnded = false

    init(_ fd: Int32, app: App, at now: Instant) {
        self.fd = fd
        self.app = app
        lastUse = now
    }

    deinit { close(fd) }

    var wantsWrite: Bool { !outgoing.isEmpty }
    /// Who waits for an answer is less idle than who does not.
    func isIdler(than other: TCPConnection) -> Bool {
        (owed > 0) == (other.owed > 0) ? lastUse < other.lastUse : owed == 0
    }

    /// Whether nothing more will come or go.
    var isOver: Bool { hasEnded && owed == 0 && outgoing.isEmpty }

    /// Every whole question that has come; nil when the connection is over.
    func receive(at now: Instant) -> [[UInt8]]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        if count < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
        guard count > 0 else {
            hasEnded = true
            return owed > 0 || wantsWrite ? [] : nil
        }
        incoming += buffer[..<count]
        var messages: [[UInt8]] = []
        var start = 0
        while incoming.count - start >= 2 {
            let end = start + 2 + Int(incoming[start]) << 8 + Int(incoming[start + 1])
            guard end - start > 2 else { return nil }
            guard incoming.count >= end else { break }
            messages.append(Array(incoming[start + 2..<end]))
            start = end
        }
        incoming.removeFirst(start)
        // Only whole questions count as use: one byte a second keeps nobody's connection.
        if !messages.isEmpty { lastUse = now }
        return messages
    }

    /// A reply, to go with the next `flush`.
    func queue(_ reply: ArraySlice<UInt8>, at now: Instant) {
        lastUse = now
        outgoing += [UInt8(truncatingIfNeeded: reply.count >> 8), UInt8(truncatingIfNeeded: reply.count)]
        outgoing += reply
    }

    /// Sends what is queued, as far as the client takes it. False when the connection is over, or the client reads too little of it.
    func flush() -> Bool {
        guard !outgoing.isEmpty else { return true }
        let count = unsafe outgoing.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count > 0 { outgoing.removeFirst(count) }
        return outgoing.count <= Self.mostOutgoing && (count >= 0 || errno == EAGAIN || errno == EINTR)
    }
}
