// SPDX-License-Identifier: MIT
import CLinux
import Glibc
internal import Wire

/// One question on its own socket, from sending to the answer.
///
/// A class because it owns a descriptor and stands in arrays; it lives on the thread of the run.
final class Exchange {
    private enum Stage {
        case connecting
        case reading([UInt8])
        case done(Outcome)
    }

    /// The question's number.
    let number: Int
    let deadline: ContinuousClock.Instant
    private let question: Question
    private let descriptor: Int32
    private var stage = Stage.connecting
    /// What its first packet is known by where no name is in it; nil for UDP, and for TCP to the listener, which stays on `lo`.
    private(set) var flow: Flow?

    /// Opens the socket and sends; what fails becomes the outcome, except that a mark we may not set ends the run.
    init(_ question: Question, number: Int, deadline: ContinuousClock.Instant) throws(LeakError) {
        self.number = number
        self.question = question
        self.deadline = deadline
        let type = question.transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        let family = question.server.address.family == .v4 ? AF_INET : AF_INET6
        descriptor = socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else {
            stage = .done(.failed(errno))
            return
        }
        if question.mark != 0 {
            var mark = question.mark
            guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_MARK, &mark, socklen_t(MemoryLayout<UInt32>.size)) == 0 else {
                throw .notPermitted("marking the packets of a control takes root or CAP_NET_ADMIN")
            }
        }
        if question.transport == .tcp { flow = ownFlow }
        let connected = unsafe question.server.withSocketAddress { unsafe connect(descriptor, $0, $1) }
        if connected == 0, question.kind == .knock, question.transport == .tcp {
            stage = .done(.connected)
        } else if connected == 0 {
            send()
        } else if errno != EINPROGRESS {
            stage = .done(.failed(errno))
        }
    }

    /// A knock goes to a port of its own. Where the port is a common one, our own tells: it is chosen before the first packet leaves.
    private var ownFlow: Flow? {
        let server = question.server
        switch question.kind {
        case .knock: return Flow(remote: server.address, port: server.port)
        case .dns:
            if server.address.isPrivate(cgnat: false), server.address.bytes.first == 127 { return nil }
            return Flow(remote: server.address, port: server.port, local: boundPort(server.address.family))
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    var outcome: Outcome? {
        switch stage {
        case .connecting, .reading: nil
        case .done(let outcome): outcome
        }
    }

    /// What to wait for.
    var interest: pollfd {
        switch stage {
        case .connecting: pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        case .reading, .done: pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        }
    }

    /// Goes on after the socket became ready.
    func advance() {
        switch stage {
        case .connecting:
            switch (question.kind, question.transport) {
            case (.knock, .tcp): stage = .done(connectionOutcome)
            case (.knock, .udp), (.dns, .udp), (.dns, .tcp): send()
            }
        case .reading: read()
        case .done: break
        }
    }

    /// Ends it as silent when its time is over.
    func expire(at now: ContinuousClock.Instant) {
        if outcome == nil, now >= deadline { stage = .done(.silent) }
    }

    private var connectionOutcome: Outcome {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return .failed(errno) }
        return code == 0 ? .connected : .failed(code)
    }

    private func send() {
        // Both in one write, so that the name is in one segment.
        let length = UInt16(truncatingIfNeeded: question.message.count)
        let bytes =
            switch question.transport {
            case .udp: question.message
            case .tcp: [UInt8(length >> 8), UInt8(length & 255)] + question.message
            }
        let sent = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        stage = sent == bytes.count ? .reading([]) : .done(.failed(sent < 0 ? errno : EIO))
    }

    private func read() {
        guard case .reading(var received) = stage else { return }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0 {
            if errno != EAGAIN, errno != EINTR { stage = .done(.failed(errno)) }
            return
        }
        if question.kind == .knock {
            stage = .done(.connected)
            return
        }
        switch question.transport {
        case .udp: accept(buffer[..<count])
        case .tcp:
            received += buffer[..<count]
            stage = .reading(received)
            let length = received.prefix(2).reduce(0) { $0 << 8 | Int($1) }
            if received.count >= 2, received.count >= 2 + length {
                accept(received[2..<(2 + length)])
            } else if count == 0 {
                stage = .done(.failed(ECONNRESET))
            }
        }
    }

    /// Binds to a port of the kernel's choice; nil if there is none.
    private func boundPort(_ family: IPAddress.Family) -> UInt16? {
        let any = ServerAddress(family == .v4 ? .v4(0) : .v6(high: 0, low: 0), port: 0)
        guard unsafe any.withSocketAddress({ unsafe bind(descriptor, $0, $1) }) == 0 else { return nil }
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let found = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            // The port stands at the same place in both families.
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &size) }
        }
        return found == 0 ? UInt16(bigEndian: address.sin6_port) : nil
    }

    /// Takes the message as answer if it is one to our question; any other is ignored (RFC 5452 section 9.1).
    private func accept(_ message: ArraySlice<UInt8>) {
        guard case .dns(_, let id) = question.kind, let head = DNSMessage.head(of: message), head.isResponse, head.id == id,
            head.name.lowercased() == question.name.lowercased()
        else { return }
        stage = .done(.answered(head.rcode))
    }
}
