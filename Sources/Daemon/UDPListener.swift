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
    /// The longest question we read; a longer one is no question.
    private static let room = 4096

    private let datagrams: UnsafeMutableBufferPointer<sluice_datagram>
    private let vectors: UnsafeMutableBufferPointer<iovec>
    private let origins: UnsafeMutableBufferPointer<Origin>
    private let bytes: UnsafeMutableRawBufferPointer
    private var outgoing: [(origin: Origin, reply: [UInt8])] = []

    init(_ address: IPAddress, port: UInt16) throws(DaemonError) {
        unsafe datagrams = .allocate(capacity: Self.batch)
        unsafe vectors = .allocate(capacity: Self.batch)
        unsafe origins = .allocate(capacity: Self.batch)
        unsafe bytes = .allocate(byteCount: Self.batch * Self.room, alignment: 16)
        unsafe datagrams.initialize(repeating: sluice_datagram())
        unsafe vectors.initialize(repeating: iovec())
        unsafe origins.initialize(
            repeating: Origin(peer: sockaddr_storage(), peerLength: 0, control: InlineArray(repeating: 0), controlLength: 0))
        fd = try ListeningSocket.open(address, port, SOCK_DGRAM)
        ListeningSocket.set(fd, Int32(IPPROTO_IP), IP_PKTINFO, 1)
        if address.family == .v6 { ListeningSocket.set(fd, Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1) }
        ListeningSocket.set(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20)
        // Else it is cut to net.core.rmem_max, usually 208 KiB: what comes in a quarter of a second at 2,000 questions a second.
        ListeningSocket.set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    }

    deinit {
        unsafe datagrams.deallocate()
        unsafe vectors.deallocate()
        unsafe origins.deallocate()
        unsafe bytes.deallocate()
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

    /// Hands every waiting datagram to `take`; returns when none is left, or after eight batches, so that others get their turn.
    func receive(_ take: (Span<UInt8>, Origin) -> Void) {
        for _ in 0..<8 {
            for index in 0..<Self.batch { prepare(index) }
            let count = unsafe sluice_receive_batch(fd, datagrams.baseAddress, UInt32(Self.batch))
            guard count > 0 else { return }
            for index in 0..<Int(count) {
                let length = unsafe Int(datagrams[index].length)
                guard unsafe datagrams[index].header.msg_flags & Int32(MSG_TRUNC) == 0 else { continue }
                unsafe origins[index].peerLength = datagrams[index].header.msg_namelen
                unsafe origins[index].controlLength = Int(datagrams[index].header.msg_controllen)
                let packet = unsafe UnsafeRawBufferPointer(rebasing: bytes[index * Self.room..<index * Self.room + length])
                let span = unsafe Span<UInt8>(_unsafeBytes: packet)
                unsafe take(span, origins[index])
            }
            if count < Self.batch { return }
        }
    }

    func send(_ reply: [UInt8], to origin: Origin) { outgoing.append((origin, reply)) }

    /// Sends what was queued since the last call. What the socket does not take is lost, as datagrams are: the client asks again.
    func flush() {
        var first = 0
        while first < outgoing.count {
            let count = min(Self.batch, outgoing.count - first)
            for index in 0..<count { prepare(index, outgoing[first + index].origin, outgoing[first + index].reply) }
            let sent = unsafe sluice_send_batch(fd, datagrams.baseAddress, UInt32(count))
            // A datagram the kernel refuses (its client is gone) must not hold up those behind it.
            first += sent > 0 ? Int(sent) : 1
        }
        outgoing.removeAll(keepingCapacity: true)
    }

    private func prepare(_ index: Int) {
        unsafe vectors[index].iov_base = bytes.baseAddress! + index * Self.room
        unsafe vectors[index].iov_len = Self.room
        aim(index, control: MemoryLayout<InlineArray<64, UInt8>>.size, name: socklen_t(MemoryLayout<sockaddr_storage>.size))
    }

    private func prepare(_ index: Int, _ origin: Origin, _ reply: [UInt8]) {
        let length = min(reply.count, Self.room)
        unsafe reply.withUnsafeBytes {
            unsafe bytes.baseAddress!.advanced(by: index * Self.room).copyMemory(from: $0.baseAddress!, byteCount: length)
        }
        unsafe origins[index] = origin
        unsafe vectors[index].iov_base = bytes.baseAddress! + index * Self.room
        unsafe vectors[index].iov_len = length
        aim(index, control: origin.controlLength, name: origin.peerLength)
    }

    private func aim(_ index: Int, control: Int, name: socklen_t) {
        let origin = unsafe UnsafeMutableRawPointer(origins.baseAddress! + index)
        unsafe datagrams[index].header.msg_name = origin + MemoryLayout<Origin>.offset(of: \.peer)!
        unsafe datagrams[index].header.msg_namelen = name
        unsafe datagrams[index].header.msg_control = control == 0 ? nil : origin + MemoryLayout<Origin>.offset(of: \.control)!
        unsafe datagrams[index].header.msg_controllen = control
        unsafe datagrams[index].header.msg_iov = vectors.baseAddress! + index
        unsafe datagrams[index].header.msg_iovlen = 1
        unsafe datagrams[index].header.msg_flags = 0
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
