// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Upstreams
import Wire

/// Questions for names that nobody had before and new connections to one address, at a steady rate. Says of each that succeeds when, and by which
/// relay: `answer MILLISECONDS ADDRESS`, `connect MILLISECONDS CLIENT` (since 1970; the address that the web server saw); and what failed at once.
final class Through {
    private enum Kind { case questions, opening, open }

    private struct Entry {
        let fd: Int32
        var kind: Kind
        let deadline: Int
        var text: [UInt8] = []
    }

    private let suffix: String
    private let target: ServerAddress
    private var entries: [Entry] = []
    private var asked = 0
    private var random = SystemRandomNumberGenerator()
    private let patience = 3000

    init(suffix: String, target: ServerAddress) {
        self.suffix = suffix
        self.target = target
    }

    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// Until it is ended.
    func run(questionsPerSecond: Int, connectionsPerSecond: Int) {
        let start = Self.now()
        let server = Self.socket(to: ServerAddress(.v4(0x7F00_0035), port: 53), SOCK_DGRAM)
        entries.append(Entry(fd: server, kind: .questions, deadline: .max))
        print("through \(start)")
        fflush(nil)
        var (askedBefore, openedBefore) = (0, 0)
        while true {
            let now = Self.now()
            let (askUntil, openUntil) = ((now - start) * questionsPerSecond / 1000, (now - start) * connectionsPerSecond / 1000)
            for _ in 0..<min(askUntil - askedBefore, 5) { ask(server) }
            for _ in 0..<min(openUntil - openedBefore, 5) { open(at: now) }
            (askedBefore, openedBefore) = (askUntil, openUntil)
            wait()
            let later = Self.now()
            for entry in entries where entry.deadline <= later { close(entry.fd) }
            entries.removeAll { $0.deadline <= later }
            fflush(nil)
        }
    }

    private func ask(_ fd: Int32) {
        asked += 1
        let label = "through" + String(UInt64.random(in: 0 ... .max, using: &random), radix: 36)
        let packet = Probe.question("\(label).\(suffix)", id: UInt16(truncatingIfNeeded: asked))
        _ = unsafe packet.withUnsafeBytes { unsafe send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private func open(at now: Int) {
        let fd = Self.socket(to: target, SOCK_STREAM)
        if fd >= 0 {
            entries.append(Entry(fd: fd, kind: .opening, deadline: now + patience))
        } else {
            print("refused \(Self.now()) \(errno)")
        }
    }

    private static func socket(to server: ServerAddress, _ type: __socket_type) -> Int32 {
        let address = SocketAddress(server.address, port: server.port)
        let fd = Glibc.socket(address.family, Int32(type.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if unsafe address.with({ unsafe connect(fd, $0, $1) }) == 0 || errno == EINPROGRESS { return fd }
        let problem = errno
        close(fd)
        errno = problem
        return -1
    }

    private func wait() {
        var polled = entries.map { pollfd(fd: $0.fd, events: Int16($0.kind == .opening ? POLLOUT : POLLIN), revents: 0) }
        guard unsafe poll(&polled, nfds_t(polled.count), 2) > 0 else { return }
        var over: Set<Int32> = []
        for index in polled.indices where polled[index].revents != 0 {
            switch entries[index].kind {
            case .questions: answers(entries[index].fd)
            case .opening: if !request(index) { over.insert(entries[index].fd) }
            case .open: if !read(index) { over.insert(entries[index].fd) }
            }
        }
        for fd in over { close(fd) }
        entries.removeAll { over.contains($0.fd) }
    }

    private func answers(_ fd: Int32) {
        var buffer = [UInt8](repeating: 0, count: 2048)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            guard count >= 12 else { return }
            if buffer[3] & 15 == 0, buffer[7] > 0 {
                print("answer \(Self.now()) \(Self.address(buffer[..<count]))")
            } else {
                print("rcode \(Self.now()) \(buffer[3] & 15)")
            }
        }
    }

    /// The first record's: behind the question, a pointer, type, class, TTL and length.
    private static func address(_ packet: ArraySlice<UInt8>) -> String {
        var place = 12
        while place < packet.count, packet[place] != 0 { place += 1 + Int(packet[place]) }
        let data = place + 5 + 12
        return data + 4 <= packet.count ? packet[data..<data + 4].map(String.init).joined(separator: ".") : "none"
    }

    private func request(_ index: Int) -> Bool {
        var (problem, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        unsafe getsockopt(entries[index].fd, SOL_SOCKET, SO_ERROR, &problem, &length)
        guard problem == 0 else {
            print("failed \(Self.now()) \(problem)")
            return false
        }
        let text = Array("GET / HTTP/1.0\r\n\r\n".utf8)
        _ = unsafe text.withUnsafeBytes { unsafe send(entries[index].fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        entries[index].kind = .open
        return true
    }

    private func read(_ index: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 2048)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(entries[index].fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
        if count > 0 {
            entries[index].text += buffer[..<count]
            return true
        }
        if count < 0, errno == EAGAIN { return true }
        let text = String(decoding: entries[index].text, as: UTF8.self)
        if count == 0, let client = text.split(separator: " ").last?.split(separator: "\n").first {
            print("connect \(Self.now()) \(client)")
        } else {
            print("broken \(Self.now()) \(errno)")
        }
        return false
    }
}
