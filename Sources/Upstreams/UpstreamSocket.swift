// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Policy
import Wire

/// A question to a server, on a socket that can leave by one path only: the mark is set before anything is sent, the socket is connected, so the
/// kernel itself drops what other addresses and ports send.
package final class UpstreamSocket {
    /// What came of waiting.
    package enum Event {
        case packet([UInt8])
        /// No reply will come.
        case lost
        case nothingYet
    }

    package enum Kind { case udp, tcp }

    /// What never changes about a socket: those of one kin can stand in for each other.
    struct Kin: Equatable {
        let mark: UInt32
        let family: Int32

        init(_ ask: Ask) {
            mark = ask.mark
            family = ask.server.address.family == .v4 ? AF_INET : AF_INET6
        }
    }

    package let fd: Int32
    package let path: Path
    /// See `Ask.node`.
    package let node: Node?
    private let transport: Kind
    /// Of a socket that can give its port back and take another.
    private(set) var kin: Kin?
    /// Why no reply will come: the kernel's errno, such as ECONNREFUSED; 0: the other side has ended it.
    package private(set) var failure: Int32 = 0
    /// TCP: what is still to be sent, and what has come.
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []

    /// Opens, marks and connects the socket, and sends or queues `message`.
    /// - Parameters:
    ///   - device: the only interface it may use, for probes of a tunnel that is not in use; nil: whatever the path's routes say.
    /// - Returns: nil when the kernel knows already that the server cannot be reached, or no socket is to be had.
    package init?(_ ask: Ask, _ transport: Kind, _ message: [UInt8], device: String? = nil) {
        guard case .plain = ask.server.scheme else { return nil }
        let peer = Self.peer(of: ask)
        let type = transport == .udp ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue
        fd = socket(peer.family, Int32(type | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.transport = transport
        (path, node) = (ask.path, ask.node)
        guard fd >= 0, Self.mark(fd, ask.mark), device.map({ Self.bind(fd, to: $0) }) ?? true else { return nil }
        switch transport {
        case .udp:
            Self.forbidFragments(fd, peer.family)
            if device == nil { kin = Kin(ask) }
            guard connect(to: peer), send(message) else { return nil }
        case .tcp:
            guard connect(to: peer) else { return nil }
            outgoing = [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
        }
    }

    /// Begins a connection and sends nothing on it, so that a tunnel has traffic whose only servers are encrypted ones.
    package init?(knockingAt ask: Ask, device: String) {
        let peer = Self.peer(of: ask)
        fd = socket(peer.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        transport = .tcp
        (path, node) = (ask.path, ask.node)
        guard fd >= 0, Self.mark(fd, ask.mark), Self.bind(fd, to: device) else { return nil }
        guard connect(to: peer) else { return nil }
    }

    /// What became of a connection that was begun with `init(knockingAt:device:)`: 0, somebody took it; else the kernel's errno. Nil: not decided yet.
    package var knocked: Int32? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        var state = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&state, 1, 0) == 1, unsafe getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return nil }
        return code
    }

    deinit { if fd >= 0 { close(fd) } }

    /// Sends another question, from another port. Only after `end`, and to a server of the same kin.
    func begin(_ ask: Ask, _ message: [UInt8]) -> Bool { connect(to: Self.peer(of: ask)) && send(message) }

    /// Gives the port back, and what has come late for it is not kept for the next question.
    /// - Returns: whether the socket can be used again.
    func end() -> Bool {
        var nobody = sockaddr()
        nobody.sa_family = sa_family_t(AF_UNSPEC)
        guard unsafe Glibc.connect(fd, &nobody, socklen_t(MemoryLayout<sockaddr>.size)) == 0 else { return false }
        var byte: UInt8 = 0
        for _ in 0..<8 where unsafe recv(fd, &byte, 1, 0) < 0 { return errno == EAGAIN }
        return false
    }

    /// Whether the socket waits to write, too.
    package var wantsWrite: Bool { !outgoing.isEmpty }

    /// The socket is ready: goes on sending, and takes what has come.
    /// - Parameter room: space for one message, 64 KiB, that every socket of a thread shares.
    package func proceed(_ room: inout [UInt8]) -> Event {
        if !outgoing.isEmpty {
            let sent = unsafe outgoing.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent > 0 {
                outgoing.removeFirst(sent)
            } else if errno != EAGAIN {
                failure = errno
                return .lost
            }
        }
        let count = unsafe room.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else {
            if errno == EAGAIN || errno == EINTR { return .nothingYet }
            failure = errno
            return .lost
        }
        let bytes = Array(room[..<count])
        switch transport {
        case .udp: return .packet(bytes)
        case .tcp:
            if count == 0 { return .lost }
            incoming += bytes
            guard incoming.count >= 2 else { return .nothingYet }
            let length = Int(incoming[0]) << 8 | Int(incoming[1])
            guard incoming.count >= 2 + length else { return .nothingYet }
            // One question, one message: what comes behind it is not kept.
            defer { incoming = [] }
            return .packet(Array(incoming[2..<2 + length]))
        }
    }

    private static func peer(of ask: Ask) -> SocketAddress {
        let scope = ask.server.zone.map { unsafe if_nametoindex($0) } ?? 0
        return SocketAddress(ask.server.address, port: ask.server.port, scope: scope)
    }

    private func connect(to peer: SocketAddress) -> Bool {
        unsafe peer.with { unsafe Glibc.connect(fd, $0, $1) } == 0 || errno == EINPROGRESS
    }

    private func send(_ message: [UInt8]) -> Bool {
        unsafe message.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == message.count
    }

    private static func mark(_ fd: Int32, _ mark: UInt32) -> Bool {
        var mark = mark
        return unsafe setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, socklen_t(MemoryLayout<UInt32>.size)) == 0
    }

    private static func bind(_ fd: Int32, to device: String) -> Bool {
        unsafe setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, socklen_t(device.utf8.count)) == 0
    }

    /// Fragments can be forged (RFC 9715): neither sent nor, by the size we announce, asked for.
    private static func forbidFragments(_ fd: Int32, _ family: Int32) {
        var omit = Int32(IP_PMTUDISC_OMIT)
        if family == AF_INET {
            _ = unsafe setsockopt(fd, Int32(IPPROTO_IP), IP_MTU_DISCOVER, &omit, socklen_t(MemoryLayout<Int32>.size))
        } else {
            _ = unsafe setsockopt(fd, Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, &omit, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
