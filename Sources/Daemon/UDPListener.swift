// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import HostDNS
import Upstreams
import Wire

/// One UDP socket that clients ask at: datagrams in and out in batches.
@safe final class UDPListener {
    /// Who asked, and by which of our addresses: a reply goes back exactly there.
    struct Origin {
        fileprivate var peer: sockaddr_storage
        fileprivate var peerLength: socklen_t
        fileprivate var control: InlineArray<64, UInt8>
        fileprivate var controlLength: Int

        var address: IPAddress? { SocketAddress(peer)?.address }
    }

    let fd: Int32
    private static let batch = 32
    /// What is read of a question: a longer one is cut off there, and told that it is malformed. No reply by UDP is longer.
    private static let room = 4096

    private let arrived = Datagrams(batch, room: room)
    private let leaving = Datagrams(batch, room: room)
    private let origins: UnsafeMutableBufferPointer<Origin>
    /// Whether the kernel says which address of ours was asked: only where it is not the listener's own.
    private let tellsAddress: Bool
    private var outgoing: [(origin: Origin, reply: [UInt8])] = []

    init(_ address: IPAddress, port: UInt16) throws(DaemonError) {
        unsafe origins = .allocate(capacity: Self.batch)
        unsafe origins.initialize(
            repeating: Origin(peer: sockaddr_storage(), peerLength: 0, control: InlineArray(repeating: 0), controlLength: 0))
        tellsAddress = !address.isLoopback
        fd = try ListeningSocket.open(address, port, SOCK_DGRAM)
        if tellsAddress {
            ListeningSocket.set(fd, Int32(IPPROTO_IP), IP_PKTINFO, 1)
            if address.family == .v6 { ListeningSocket.set(fd, Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1) }
        }
        ListeningSocket.set(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20)
        // Else it is cut to net.core.rmem_max, usually 208 KiB: what comes in a quarter of a second at 2,000 questions a second.
        ListeningSocket.set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        for index in 0..<Self.batch { prepare(index) }
    }

    deinit {
        unsafe origins.deallocate()
        close(fd)
    }

    /// The port it got, where 0 was asked for.
    var port: UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(fd, $0, &length) }
        }
        return status == 0 ? SocketAddress(storage)?.port : nil
    }

    /// Hands every waiting datagram to `answer`, which writes its reply, or says nil and sends one later (`origin(of:)`). Returns when none is
    /// left, or after eight batches, so that others get their turn.
    /// - Parameter answer: the datagram, its number among those at hand, room for the reply; returns the reply's bytes.
    func receive(_ answer: (Span<UInt8>, Int, inout MutableSpan<UInt8>) -> Int?) {
        for _ in 0..<8 {
            let count = Int(unsafe sluice_receive_batch(fd, arrived.headers.baseAddress, UInt32(Self.batch)))
            guard count > 0 else { return }
            var replies = 0
            for number in 0..<count {
                let question = unsafe Span<UInt8>(_unsafeBytes: arrived.bytes(number, Int(arrived.headers[number].length)))
                var room = unsafe MutableSpan<UInt8>(_unsafeBytes: leaving.bytes(replies, Self.room))
                if let size = answer(question, number, &room) {
                    let header = unsafe arrived.headers[number].header
                    unsafe leaving.address(
                        replies, size, to: header.msg_name, header.msg_namelen, header.msg_control,
                        tellsAddress ? header.msg_controllen : 0)
                    replies += 1
                }
            }
            send(replies)
            for number in 0..<count { prepare(number) }
            if count < Self.batch { return }
        }
    }

    /// Who sent the datagram at hand.
    func origin(of number: Int) -> Origin {
        unsafe origins[number].peerLength = arrived.headers[number].header.msg_namelen
        unsafe origins[number].controlLength = tellsAddress ? Int(arrived.headers[number].header.msg_controllen) : 0
        return unsafe origins[number]
    }

    /// Whether the datagram at hand came from 127.0.0.0/8: most do.
    func isFromLoopback(_ number: Int) -> Bool {
        unsafe withUnsafeBytes(of: &origins[number].peer) { unsafe $0[0] == UInt8(AF_INET) && $0[4] == 127 }
    }

    func send(_ reply: [UInt8], to origin: Origin) { outgoing.append((origin, reply)) }

    /// Sends what was queued since the last call. What the socket does not take is lost, as datagrams are: the client asks again.
    func flush() {
        if outgoing.isEmpty { return }
        for first in stride(from: 0, to: outgoing.count, by: Self.batch) {
            let some = outgoing[first..<min(first + Self.batch, outgoing.count)]
            for (index, (origin, reply)) in some.enumerated() {
                let length = min(reply.count, Self.room)
                unsafe reply.withUnsafeBytes {
                    unsafe leaving.bytes(index, length).copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<length]))
                }
                unsafe origins[index] = origin
                let place = unsafe UnsafeMutableRawPointer(origins.baseAddress! + index)
                unsafe leaving.address(
                    index, length, to: place + MemoryLayout<Origin>.offset(of: \.peer)!, origin.peerLength,
                    place + MemoryLayout<Origin>.offset(of: \.control)!, origin.controlLength)
            }
            send(some.count)
        }
        outgoing.removeAll(keepingCapacity: true)
    }

    private func send(_ count: Int) {
        var first = 0
        while first < count {
            let sent = unsafe sluice_send_batch(fd, leaving.headers.baseAddress! + first, UInt32(count - first))
            // A datagram the kernel refuses (its client is gone) must not hold up those behind it.
            first += sent > 0 ? Int(sent) : 1
        }
    }

    /// Makes a place ready for the next datagram: the kernel has written over how much there is room for.
    private func prepare(_ index: Int) {
        let place = unsafe UnsafeMutableRawPointer(origins.baseAddress! + index)
        unsafe arrived.address(
            index, Self.room, to: place + MemoryLayout<Origin>.offset(of: \.peer)!, socklen_t(MemoryLayout<sockaddr_storage>.size),
            place + MemoryLayout<Origin>.offset(of: \.control)!, tellsAddress ? MemoryLayout<InlineArray<64, UInt8>>.size : 0)
    }
}

/// Datagrams of one batch, in memory that stays where it is, as the kernel wants it.
@safe private struct Datagrams: ~Copyable {
    let headers: UnsafeMutableBufferPointer<sluice_datagram>
    private let vectors: UnsafeMutableBufferPointer<iovec>
    private let storage: UnsafeMutableRawBufferPointer
    /// Bytes from one to the next: three cache lines more than a page, or all their beginnings would want the same lines of the first cache.
    private let stride: Int

    init(_ count: Int, room: Int) {
        stride = room + 192
        unsafe headers = .allocate(capacity: count)
        unsafe vectors = .allocate(capacity: count)
        unsafe storage = .allocate(byteCount: count * stride, alignment: 64)
        unsafe headers.initialize(repeating: sluice_datagram())
        unsafe vectors.initialize(repeating: iovec())
        for index in 0..<count {
            unsafe vectors[index].iov_base = storage.baseAddress! + index * stride
            unsafe headers[index].header.msg_iov = vectors.baseAddress! + index
            unsafe headers[index].header.msg_iovlen = 1
        }
    }

    deinit {
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe storage.deallocate()
    }

    func bytes(_ index: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: storage[index * stride..<index * stride + count])
    }

    /// Says where one goes, or where its origin is to be written: `length` bytes, the peer's address, control messages.
    func address(
        _ index: Int, _ length: Int, to name: UnsafeMutableRawPointer?, _ nameLength: socklen_t, _ control: UnsafeMutableRawPointer?,
        _ controlLength: Int
    ) {
        unsafe vectors[index].iov_len = length
        unsafe headers[index].header.msg_name = name
        unsafe headers[index].header.msg_namelen = nameLength
        unsafe headers[index].header.msg_control = controlLength == 0 ? nil : control
        unsafe headers[index].header.msg_controllen = controlLength
        unsafe headers[index].header.msg_flags = 0
    }
}

/// What UDP and TCP listeners share.
enum ListeningSocket {
    static func open(_ address: IPAddress, _ port: UInt16, _ type: __socket_type) throws(DaemonError) -> Int32 {
        let local = SocketAddress(address, port: port)
        let fd = socket(local.family, Int32(type.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw .system("socket", errno) }
        set(fd, SOL_SOCKET, SO_REUSEADDR, type == SOCK_STREAM ? 1 : 0)
        if address.family == .v6 { set(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        guard unsafe local.with({ unsafe bind(fd, $0, $1) }) == 0 else {
            let code = errno
            close(fd)
            let place = "\(ServerAddress(address, port: port))"
            if code == EADDRINUSE {
                let holders = HostPaths().holders(of: address, port: port)
                guard let holder = holders.first else {
                    throw .failed(
                        "\(place) is in use by another program", hint: "see who: ss -lunp 'sport = :\(port)'; ss -ltnp 'sport = :\(port)'")
                }
                throw .failed(
                    "\(place) is in use: \(holder)",
                    hint: holder.isResolved
                        ? "sudo sluice activate --free-stub asks systemd-resolved to leave it"
                        : "end that program, or give [dns] listen another address")
            }
            throw .system("listen at \(place)", code)
        }
        return fd
    }

    static func set(_ fd: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(fd, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
