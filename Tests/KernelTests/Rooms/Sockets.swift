// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

@testable import Kernel

/// A TCP server on a thread of its own: says its label and the address it was called from, and closes.
final class Greeter: Sendable {
    private let listener: Int32

    init(_ label: String, port: UInt16, in room: Room) throws {
        listener = try room.run {
            let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            try bindAny(listener, port)
            guard listen(listener, 64) == 0 else { throw RoomError("listen", errno) }
            return listener
        }
        let listener = listener
        let thread = try startThread {
            while true {
                var from = sockaddr_in6()
                var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
                let client = unsafe withUnsafeMutablePointer(to: &from) {
                    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe accept(listener, $0, &length) }
                }
                guard client >= 0 else { return }
                let bytes = unsafe withUnsafeBytes(of: from.sin6_addr) { unsafe Array($0) }
                let text = Array("\(label) \(IPAddress(bytes: bytes)?.unmapped.description ?? "?")".utf8)
                _ = unsafe send(client, text, text.count, Int32(MSG_NOSIGNAL))
                close(client)
            }
        }
        pthread_detach(thread)
    }

    /// The thread ends when its accept call fails.
    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}

/// One UDP flow, kept open.
final class Datagrams: Sendable {
    private let descriptor: Int32

    init(to address: String, in room: Room) throws {
        descriptor = try room.run { socket(AF_INET6, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        var target = socketAddress(IPAddress(address)!, 4000)
        let status = unsafe withUnsafePointer(to: &target) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
        guard status == 0 else { throw RoomError("connect", errno) }
    }

    deinit { close(descriptor) }

    /// Again after the answer that nobody listens, which the first attempt after it reports.
    func send() throws {
        for _ in 0..<2 where unsafe Glibc.send(descriptor, "!", 1, 0) == 1 { return }
        throw RoomError("send", errno)
    }
}

/// What a connection came to.
struct Call: CustomStringConvertible {
    /// What the server said; empty if there was no connection.
    let greeting: String
    /// 0, or what connect() said; ETIMEDOUT when it did not end in two seconds.
    let errno: Int32
    let milliseconds: Double
    var description: String { "\"\(greeting)\" errno \(errno) after \(milliseconds) ms" }
}

extension Room {
    /// Connects by TCP and reads the greeting, or sends a datagram twice.
    func call(_ address: String, _ port: UInt16 = 80, mark: UInt32 = 0, datagram: Bool = false, blocking: Bool = false, user: UInt32 = 0)
        throws -> Call
    {
        try run { try makeCall(address, port, mark, datagram, blocking, user) }
    }
}

private func makeCall(_ address: String, _ port: UInt16, _ mark: UInt32, _ datagram: Bool, _ blocking: Bool, _ user: UInt32) throws -> Call
{
    let to = IPAddress(address)!
    let kind = (datagram ? SOCK_DGRAM : SOCK_STREAM).rawValue | SOCK_CLOEXEC.rawValue
    // A socket belongs to the user that its thread is at this moment.
    sluice_own_as(user)
    let descriptor = socket(AF_INET6, Int32(kind), 0)
    sluice_own_as(0)
    defer { close(descriptor) }
    var off: Int32 = 0
    unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, 4)
    if mark != 0 {
        var mark = mark
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_MARK, &mark, 4) == 0 else { throw RoomError("SO_MARK", errno) }
    }
    // As nearly every client does it; a blocking connect() hears of a reject with its second SYN only, after a second.
    if !blocking { _ = sluice_set_nonblocking(descriptor) }
    var target = socketAddress(to, port)
    let start = microseconds()
    let status = unsafe withUnsafePointer(to: &target) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
    }
    var code = status == 0 ? 0 : errno
    if code == EINPROGRESS {
        code = ready(descriptor, POLLOUT) ? 0 : ETIMEDOUT
        var length = socklen_t(4)
        if code == 0 { unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) }
    }
    var greeting = ""
    if code == 0, datagram {
        let byte: [UInt8] = [0x21]
        for _ in 0..<2 where code == 0 {
            if unsafe send(descriptor, byte, 1, 0) < 0 { code = errno }
        }
    }
    let elapsed = Double(microseconds() - start) / 1000
    if code == 0, !datagram {
        var buffer = [UInt8](repeating: 0, count: 256)
        _ = ready(descriptor, POLLIN)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { greeting = String(decoding: buffer.prefix(count), as: UTF8.self) }
    }
    return Call(greeting: greeting, errno: code, milliseconds: elapsed)
}

/// Waits two seconds at most.
private func ready(_ descriptor: Int32, _ event: Int32) -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    return unsafe poll(&wait, 1, 2000) > 0
}

func bindAny(_ descriptor: Int32, _ port: UInt16) throws {
    var any = sockaddr_in6()
    any.sin6_family = sa_family_t(AF_INET6)
    any.sin6_port = port.bigEndian
    var on: Int32 = 1
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    let status = unsafe withUnsafePointer(to: &any) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
    }
    guard status == 0 else { throw RoomError("bind", errno) }
}

/// IPv4 as its mapped form: one socket type for both.
func socketAddress(_ address: IPAddress, _ port: UInt16) -> sockaddr_in6 {
    var target = sockaddr_in6()
    target.sin6_family = sa_family_t(AF_INET6)
    target.sin6_port = port.bigEndian
    let bytes = address.family == .v6 ? address.bytes : Array(repeating: 0, count: 10) + [0xFF, 0xFF] + address.bytes
    unsafe withUnsafeMutableBytes(of: &target.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
    return target
}

func microseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}

func nanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
