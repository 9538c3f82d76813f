// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Upstreams
import Wire

/// Questions for names that nobody had before, new TCP connections and datagrams of one old flow to the same addresses, at a steady rate.
/// Says in which times nothing of each got through: `gap NAME FROM TO MILLISECONDS`.
final class Load {
    private enum Kind {
        case signals
        case questions
        /// A connect() under way.
        case opening(target: Int)
        /// A connection held for a moment, so that faults hit open ones too.
        case open
        case datagrams
    }

    private struct Entry {
        let fd: Int32
        var kind: Kind
        /// When it is closed whatever has come.
        var deadline: Int
    }

    private let suffixes: [String]
    private let targets: [ServerAddress]
    private var entries: [Entry] = []
    private var questions: Service
    private var connections: [Service]
    /// Sent and not answered yet: the id and when.
    private var waiting: [UInt16: Int] = [:]
    private var asked = 0
    private var opened = 0
    private var random = SystemRandomNumberGenerator()

    /// How long an answer or a connection may take, and how long a connection is held, in milliseconds.
    private let patience = 2000
    private let hold = 150

    init(suffixes: [String], targets: [ServerAddress], connectionsPerSecond: Int) {
        self.suffixes = suffixes
        self.targets = targets
        let now = Self.now()
        questions = Service("dns", tolerance: 100, at: now)
        // At least four attempts lie in what is called a gap.
        let between = targets.isEmpty || connectionsPerSecond == 0 ? 0 : 1000 * targets.count / connectionsPerSecond
        connections = targets.map { Service("tcp-\($0.address)", tolerance: max(100, 4 * between), at: now) }
    }

    /// Milliseconds since 1970.
    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// Runs for some seconds, or until SIGTERM.
    func run(seconds: Int, questionsPerSecond: Int, connectionsPerSecond: Int) {
        let start = Self.now()
        let signals = sluice_signals()
        entries.append(Entry(fd: signals, kind: .signals, deadline: .max))
        let server = Self.socket(to: ServerAddress(.v4(0x7F00_0035), port: 53), SOCK_DGRAM)
        entries.append(Entry(fd: server, kind: .questions, deadline: .max))
        for target in targets { entries.append(Entry(fd: Self.socket(to: target, SOCK_DGRAM), kind: .datagrams, deadline: .max)) }
        print("load \(start)")
        fflush(nil)
        var (askedBefore, openedBefore, ended) = (0, 0, false)
        while !ended {
            let now = Self.now()
            if now - start >= seconds * 1000 { break }
            // What a stalled machine did not send in time is not sent at once afterwards.
            let (askUntil, openUntil) = ((now - start) * questionsPerSecond / 1000, (now - start) * connectionsPerSecond / 1000)
            for _ in 0..<min(askUntil - askedBefore, 20) where !suffixes.isEmpty { ask(server, at: now) }
            for _ in 0..<min(openUntil - openedBefore, 20) where !targets.isEmpty { open(at: now) }
            (askedBefore, openedBefore) = (askUntil, openUntil)
            ended = wait()
            expire(at: Self.now())
        }
        let now = Self.now()
        entries.forEach { close($0.fd) }
        if !suffixes.isEmpty { questions.end(at: now) }
        for index in connections.indices { connections[index].end(at: now) }
        print("ok load of \((now - start) / 1000) s: \(asked) questions, \(opened) connections")
    }

    private func ask(_ fd: Int32, at now: Int) {
        asked += 1
        let id = UInt16(truncatingIfNeeded: asked)
        let label = "load" + String(UInt64.random(in: 0 ... .max, using: &random), radix: 36)
        var packet = Probe.question("\(label).\(suffixes[asked % suffixes.count])", id: id)
        // Every second one for AAAA.
        if asked % 2 == 0 { packet[packet.count - 3] = 28 }
        waiting[id] = now
        if unsafe packet.withUnsafeBytes({ unsafe send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) < 0 { refused(id) }
    }

    private func refused(_ id: UInt16) {
        waiting[id] = nil
        questions.count("unreachable")
    }

    private func open(at now: Int) {
        opened += 1
        let index = opened % targets.count
        let fd = Self.socket(to: targets[index], SOCK_STREAM)
        if fd < 0 {
            connections[index].count(Self.words(errno))
        } else {
            entries.append(Entry(fd: fd, kind: .opening(target: index), deadline: now + patience))
        }
        let text = Array("load of a datagram\n".utf8)
        for entry in entries {
            // Errors of earlier ones are reported here and mean nothing.
            guard case .datagrams = entry.kind else { continue }
            _ = unsafe text.withUnsafeBytes { unsafe send(entry.fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// Connected or being connected; -1 with errno.
    private static func socket(to server: ServerAddress, _ type: __socket_type) -> Int32 {
        let address = SocketAddress(server.address, port: server.port)
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let fd = Glibc.socket(address.family, Int32(type.rawValue) | flags, 0)
        if unsafe address.with({ unsafe connect(fd, $0, $1) }) == 0 || errno == EINPROGRESS { return fd }
        let problem = errno
        close(fd)
        errno = problem
        return -1
    }

    /// What happens until the next thing is to be sent. True: SIGTERM came.
    private func wait() -> Bool {
        var polled = entries.map { entry in
            switch entry.kind {
            case .signals, .questions: pollfd(fd: entry.fd, events: Int16(POLLIN), revents: 0)
            case .opening: pollfd(fd: entry.fd, events: Int16(POLLOUT), revents: 0)
            // Neither what a server sends nor what became of datagrams is of interest.
            case .open, .datagrams: pollfd(fd: -1, events: 0, revents: 0)
            }
        }
        guard unsafe poll(&polled, nfds_t(polled.count), 2) > 0 else { return false }
        let now = Self.now()
        for index in polled.indices where polled[index].revents != 0 {
            switch entries[index].kind {
            case .signals: return true
            case .questions: receive(entries[index].fd, at: now)
            case .opening(let target): conclude(index, target, at: now)
            case .open, .datagrams: break
            }
        }
        return false
    }

    private func receive(_ fd: Int32, at now: Int) {
        var buffer = [UInt8](repeating: 0, count: 2048)
        for _ in 0..<1000 {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            // Nobody listens: the questions in flight are told by their patience, one by one.
            if count < 0, errno == ECONNREFUSED { continue }
            guard count >= 12 else { return }
            guard waiting.removeValue(forKey: UInt16(buffer[0]) << 8 | UInt16(buffer[1])) != nil else { continue }
            switch buffer[3] & 15 {
            case 0: questions.success("answered", at: now)
            case 2: questions.count("SERVFAIL")
            case let code: questions.count("rcode \(code)")
            }
        }
    }

    private func conclude(_ index: Int, _ target: Int, at now: Int) {
        var problem: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(entries[index].fd, SOL_SOCKET, SO_ERROR, &problem, &length)
        guard problem == 0 else {
            connections[target].count(Self.words(problem))
            entries[index].deadline = 0
            return
        }
        connections[target].success("connected", at: now)
        entries[index].kind = .open
        entries[index].deadline = now + hold
    }

    private func expire(at now: Int) {
        for entry in entries where entry.deadline <= now {
            switch entry.kind {
            case .opening(let target): if entry.deadline > 0 { connections[target].count("silent") }
            case .open:
                let text = Array("GET / HTTP/1.0\r\n\r\n".utf8)
                _ = unsafe text.withUnsafeBytes { unsafe send(entry.fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            case .signals, .questions, .datagrams: break
            }
            close(entry.fd)
        }
        entries.removeAll { $0.deadline <= now }
        for (id, sent) in waiting where sent + patience <= now {
            waiting[id] = nil
            questions.count("silent")
        }
    }

    private static func words(_ problem: Int32) -> String {
        switch problem {
        case ECONNREFUSED: "refused"
        case EHOSTUNREACH, ENETUNREACH, EACCES, EPERM: "unreachable"
        case ECONNRESET: "reset"
        case ETIMEDOUT: "silent"
        default: "error \(problem)"
        }
    }
}
