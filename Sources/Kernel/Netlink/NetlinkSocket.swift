// SPDX-License-Identifier: MIT
import CLinux
import CMnl
import Glibc

/// The owner of one netlink socket of libmnl. Closed with it. Never blocks: the kernel answers within the send call.
@safe struct NetlinkSocket: ~Copyable {
    private let handle: OpaquePointer
    private var buffer = [UInt8](repeating: 0, count: 65536)
    /// What the last receive call filled of it.
    private var filled = 0
    private var sequence: UInt32 = 0

    /// - Parameters:
    ///   - bus: `NETLINK_ROUTE` or `NETLINK_NETFILTER`.
    ///   - groups: the multicast groups to hear, one bit each.
    init(_ bus: Int32, groups: UInt32 = 0) throws(KernelError) {
        guard let socket = unsafe mnl_socket_open2(bus, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)) else {
            throw .call("open a netlink socket", errno: errno)
        }
        // Port 0: the kernel chooses.
        guard unsafe mnl_socket_bind(socket, groups, 0) == 0 else {
            let code = errno
            unsafe mnl_socket_close(socket)
            throw .call("bind a netlink socket", errno: code)
        }
        // An error message then carries the header only of what failed, not all of it.
        var on: Int32 = 1
        unsafe mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, 4)
        unsafe handle = socket
    }

    deinit { unsafe mnl_socket_close(handle) }

    var descriptor: Int32 { unsafe mnl_socket_get_fd(handle) }

    /// The address of this socket on its bus, of which there is one only in a network namespace.
    var port: UInt32 { unsafe mnl_socket_get_portid(handle) }

    /// Hears nothing of what these sockets cause, 200 at most: the kernel drops it before it wakes anyone.
    func ignore(ports: [UInt32]) throws(KernelError) {
        // Classic BPF over the header of the first message (bpf(4) in its socket form): nlmsg_pid stands at 12, and is loaded as if it
        // were in network order.
        let ports = ports.prefix(200)
        var program = [sock_filter(code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: 12)]
        for (index, port) in ports.enumerated() {
            program.append(sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: UInt8(ports.count - index), jf: 0, k: port.bigEndian))
        }
        program.append(sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: .max))
        program.append(sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: 0))
        let count = UInt16(program.count)
        let status = unsafe program.withUnsafeMutableBufferPointer { instructions in
            var all = unsafe sock_fprog(len: count, filter: instructions.baseAddress)
            return unsafe setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &all, socklen_t(MemoryLayout<sock_fprog>.size))
        }
        guard status == 0 else { throw .call("filter a netlink socket", errno: errno) }
    }

    /// Lets one message or batch, and what waits to be read, be as long as `bytes`. Beyond the system's limit only for root.
    func allow(bytes: Int32) {
        var size = bytes
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
    }

    /// Lets the kernel choose by the attributes of a request what it lists (Linux 4.20); an older one lists everything.
    func filterListings() {
        var on: Int32 = 1
        unsafe mnl_socket_setsockopt(handle, NETLINK_GET_STRICT_CHK, &on, 4)
    }

    mutating func nextSequence() -> UInt32 {
        sequence &+= 1
        return sequence
    }

    /// Numbers up to this one were used by a batch.
    mutating func advance(to last: UInt32) { sequence = last }

    func send(_ bytes: [UInt8], _ operation: String) throws(KernelError) {
        while true {
            let sent = unsafe bytes.withUnsafeBytes { unsafe mnl_socket_sendto(handle, $0.baseAddress, $0.count) }
            if sent == bytes.count { return }
            guard errno == EINTR else { throw .call(operation, errno: errno) }
        }
    }

    /// The messages of one receive call; nil when nothing waits.
    mutating func receive(_ operation: String) throws(KernelError) -> [NetlinkMessage]? {
        try fill(operation) ? NetlinkMessage.all(in: buffer, count: filled) : nil
    }

    /// One receive call; false when nothing waits.
    private mutating func fill(_ operation: String) throws(KernelError) -> Bool {
        while true {
            filled = unsafe buffer.withUnsafeMutableBytes { unsafe mnl_socket_recvfrom(handle, $0.baseAddress, $0.count) }
            if filled >= 0 { return true }
            switch errno {
            case EINTR: continue
            case EAGAIN: return false
            case let code: throw .call(operation, errno: code)
            }
        }
    }

    /// Reads the kernel's word on the messages `first` to `last`, of which only the last asks for an acknowledgement: nothing comes behind that.
    /// - Returns: the errno of the first that failed, 0 when all is done; nil when no word came.
    mutating func verdict(on first: UInt32, to last: UInt32, _ operation: String) throws(KernelError) -> Int32? {
        var failure: Int32?
        while try fill(operation) {
            var isConfirmed = false
            NetlinkMessage.acknowledgements(in: buffer, count: filled) { sequence, errno in
                // Numbers may wrap around; what an earlier batch left unread is not ours.
                guard sequence &- first <= last &- first else { return }
                if errno != 0, failure == nil { failure = errno }
                isConfirmed = isConfirmed || sequence == last
            }
            if isConfirmed { return failure ?? 0 }
        }
        return failure
    }

    /// Sends requests, the last of which asks for an acknowledgement, and reads all answers.
    /// - Returns: what the kernel said of each failed message, in its order; empty if all is done.
    mutating func exchange(_ requests: NetlinkBuffer, _ operation: String) throws(KernelError) -> [(sequence: UInt32, errno: Int32)] {
        var failures: [(sequence: UInt32, errno: Int32)] = []
        var confirmed = false
        try send(requests.bytes, operation)
        while let messages = try receive(operation) {
            for message in messages {
                guard let code = message.errno else { continue }
                if code != 0 { failures.append((message.sequence, code)) }
                confirmed = confirmed || message.sequence == requests.lastSequence
            }
        }
        guard confirmed || !failures.isEmpty else { throw .unreadable(operation) }
        return failures
    }

    /// One request, and its failure as an error.
    mutating func request(_ request: NetlinkBuffer, _ operation: String) throws(KernelError) {
        var request = request
        request.askForAcknowledgement()
        if let failure = try exchange(request, operation).first { throw .call(operation, errno: failure.errno) }
    }

    /// Has something done to each of many, 1,024 requests at a time. One that is gone already (ENOENT) is no error.
    /// - Parameter write: one request, with the number it is to bear.
    /// - Returns: to how many it was done.
    mutating func each<Element>(
        _ elements: [Element], _ operation: String, _ write: (Element, inout NetlinkBuffer, UInt32) -> Void
    ) throws(KernelError) -> Int {
        var done = 0
        var rest = elements[...]
        while !rest.isEmpty {
            let some = rest.prefix(1024)
            var requests = NetlinkBuffer()
            for element in some { write(element, &requests, nextSequence()) }
            requests.askForAcknowledgement()
            let failures = try exchange(requests, operation).map(\.errno)
            if let failure = failures.first(where: { $0 != ENOENT }) { throw .call(operation, errno: failure) }
            done += some.count - failures.count
            rest = rest.dropFirst(some.count)
        }
        return done
    }

    /// Asks for one thing. Returns what the kernel says of it; its refusal is an error.
    mutating func ask(_ request: NetlinkBuffer, _ operation: String) throws(KernelError) -> [NetlinkMessage] {
        try send(request.bytes, operation)
        var answers: [NetlinkMessage] = []
        while let messages = try receive(operation) {
            for message in messages where message.sequence == request.lastSequence {
                if let code = message.errno, code != 0 { throw .call(operation, errno: code) }
                answers.append(message)
            }
        }
        return answers
    }

    /// Asks for a list of things, and returns it whole; asks again when it changed meanwhile.
    ///
    /// `body` adds attributes, by which the kernel chooses what to list.
    mutating func dump(
        _ type: UInt16, header: [UInt8], _ operation: String, _ body: (inout NetlinkBuffer) -> Void = { _ in }
    ) throws(KernelError) -> [NetlinkMessage] {
        for _ in 0..<16 {
            var request = NetlinkBuffer()
            let sequence = nextSequence()
            request.message(type, flags: NetlinkFlag.dump, sequence: sequence, header: header, body)
            try send(request.bytes, operation)
            var answers: [NetlinkMessage] = []
            var interrupted = false
            var done = false
            while !done, let messages = try receive(operation) {
                for message in messages where message.sequence == sequence {
                    interrupted = interrupted || message.flags & 0x10 != 0
                    if let code = message.errno {
                        guard code == 0 else { throw .call(operation, errno: code) }
                        done = true
                    } else {
                        answers.append(message)
                    }
                }
            }
            guard done else { throw .unreadable(operation) }
            if !interrupted { return answers }
        }
        throw .timedOut(operation)
    }
}
