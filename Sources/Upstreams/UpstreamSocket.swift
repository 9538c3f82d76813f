// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Policy
import Wire

/// One question to one server, on a socket of its own that can leave by one path only: the mark is set before anything is sent, the socket is
/// connected, so the kernel itself drops what other addresses and ports send.
package final class UpstreamSocket {
    /// What came of waiting.
    package enum Event {
        case packet([UInt8])
        /// No reply will come.
        case lost
        case nothingYet
    }

    package let fd: Int32
    private let transport: Kind
    /// TCP: what is still to be sent, and what has come.
    private var outgoing: [UInt8] = []
    private var incoming: [UInt8] = []

    package enum Kind { case udp, tcp }

    /// Opens, marks and connects the socket, and sends or queues `message`.
    /// - Parameters:
    ///   - device: the only interface it may use, for probes of a tunnel that is not in use; nil: whatever the path's routes say.
    ///   - random: an unpredictable number, of which the port of a datagram is made (RFC 5452 section 9.2).
    /// - Returns: nil when the kernel knows already that the server cannot be reached, or no socket is to be had.
    package init?(_ ask: Ask, _ kind: Kind, _ message: [UInt8], device: String? = nil, random: UInt32) {
        guard case .plain = ask.server.scheme else { return nil }
        let scope = ask.server.zone.map { unsafe if_nametoindex($0) } ?? 0
        let peer = SocketAddress(ask.server.address, port: ask.server.port, scope: scope)
        let type = kind == .udp ? SOCK_DGRAM.rawValue : SOCK_STREAM.rawValue
        fd = socket(peer.family, Int32(type | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        transport = kind
        guard fd >= 0, Self.mark(fd, ask.path), device.map({ Self.bind(fd, to: $0) }) ?? true else { return nil }
        if kind == .udp {
            Self.forbidFragments(fd, peer.family)
            Self.bind(fd, peer.family, toPort: Self.port(random))
        }
        let connected = unsafe peer.with { unsafe connect(fd, $0, $1) }
        guard connected == 0 || errno == EINPROGRESS else { return nil }
        switch kind {
        case .udp:
            guard unsafe message.withUnsafeBytes({ unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) == message.count
            else { return nil }
        case .tcp:
            outgoing = [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
        }
    }

    /// Begins a connection and sends nothing on it, so that a tunnel has traffic whose only servers are encrypted ones.
    package init?(knockingAt ask: Ask, device: String) {
        let peer = SocketAddress(ask.server.address, port: ask.server.port)
        fd = socket(peer.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        transport = .tcp
        guard fd >= 0, Self.mark(fd, ask.path), Self.bind(fd, to: device) else { return nil }
        let connected = unsafe peer.with { unsafe connect(fd, $0, $1) }
        guard connected == 0 || errno == EINPROGRESS else { return nil }
    }

    deinit { if fd >= 0 { close(fd) } }

    /// Whether the socket waits to write, too.
    package var wantsWrite: Bool { !outgoing.isEmpty }

    /// The socket is ready: goes on sending, and takes what has come.
    /// - Parameter room: space for one message, 64 KiB, that every socket of a thread shares.
    package func proceed(_ room: inout [UInt8]) -> Event {
        if !outgoing.isEmpty {
            let sent = unsafe outgoing.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent > 0 { outgoing.removeFirst(sent) } else if errno != EAGAIN { return .lost }
        }
        let count = unsafe room.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { return errno == EAGAIN || errno == EINTR ? .nothingYet : .lost }
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

    private static func mark(_ fd: Int32, _ path: Path) -> Bool {
        var mark = path.mark
        return unsafe setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, socklen_t(MemoryLayout<UInt32>.size)) == 0
    }

    /// Ports of our own choice: above those of services that are started by hand.
    private static let firstPort: UInt16 = 10_240

    private static func port(_ random: UInt32) -> UInt16 {
        let ports = UInt32(UInt16.max - firstPort) + 1
        return firstPort + UInt16(truncatingIfNeeded: UInt64(random) * UInt64(ports) >> 32)
    }

    /// One that is taken is left to the kernel, which takes another at random.
    private static func bind(_ fd: Int32, _ family: Int32, toPort port: UInt16) {
        let any: IPAddress = family == AF_INET ? .v4(0) : .v6(high: 0, low: 0)
        _ = unsafe SocketAddress(any, port: port).with { unsafe Glibc.bind(fd, $0, $1) }
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
