// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// One question to one server, to know that lookups get answers: the proof of a takeover.
package struct LookupTest: Sendable {
    package enum Outcome: Hashable, Sendable, CustomStringConvertible {
        /// Any response counts: a refusal in a state that refuses is the daemon's word too.
        case answered(ResponseCode, by: IPAddress, milliseconds: Int64)
        case silent(IPAddress, question: String)
        /// The file names nobody.
        case noServer

        package var isAnswer: Bool {
            switch self {
            case .answered: true
            case .silent, .noServer: false
            }
        }

        package var description: String {
            switch self {
            case .answered(let code, let address, let milliseconds): "\(address) answered \(code) in \(milliseconds) ms"
            case .silent(let address, let question): "no answer from \(address) to a question for \(question)"
            case .noServer: "resolv.conf names no server"
            }
        }
    }

    /// What is asked for.
    package enum Question: Sendable {
        /// The root's name servers: goes the whole way, upstream and back.
        case root
        /// `localhost`, which the daemon answers itself: only that it is there. For a start without a network.
        case localhost
    }

    package let question: Question
    package let tries: Int
    /// Milliseconds that each try waits.
    package let patience: Int32
    /// 53, unless a test serves elsewhere.
    package let port: UInt16

    package init(_ question: Question = .root, tries: Int = 3, patience: Int32 = 2000, port: UInt16 = 53) {
        self.question = question
        self.tries = tries
        self.patience = patience
        self.port = port
    }

    /// Asks the first server that this file names, as the C library would.
    package func ask(through contents: [UInt8]) -> Outcome {
        guard let server = ResolvConf(contents).servers.first else { return .noServer }
        return ask(server.address)
    }

    package func ask(_ address: IPAddress) -> Outcome {
        let begin = Self.now
        for number in 0..<tries {
            if let code = once(address, id: UInt16(truncatingIfNeeded: begin &+ Int64(number))) {
                return .answered(code, by: address, milliseconds: Self.now - begin)
            }
        }
        return .silent(address, question: question.text)
    }

    private func once(_ address: IPAddress, id: UInt16) -> ResponseCode? {
        let family = address.family == .v4 ? AF_INET : AF_INET6
        let fd = socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        guard connect(fd, address) else { return nil }
        let message = [UInt8(id >> 8), UInt8(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + question.bytes
        let sent = unsafe message.withUnsafeBytes { unsafe send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        let end = Self.now + Int64(patience)
        guard sent == message.count else { return nil }
        while true {
            var waiting = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, Int32(clamping: max(0, end - Self.now))) > 0 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
            guard count >= 0 else {
                // Nobody listens. Whoever is starting gets a moment before the next try.
                usleep(200_000)
                return nil
            }
            guard count >= Header.size, buffer[0] == message[0], buffer[1] == message[1], buffer[2] & 0x80 != 0 else { continue }
            return ResponseCode(rawValue: UInt16(buffer[3] & 15))
        }
    }

    private func connect(_ fd: Int32, _ address: IPAddress) -> Bool {
        switch address {
        case .v4(let raw):
            var to = sockaddr_in()
            to.sin_family = sa_family_t(AF_INET)
            to.sin_port = port.bigEndian
            to.sin_addr.s_addr = raw.bigEndian
            return unsafe withUnsafeBytes(of: &to) { bytes in
                unsafe Glibc.connect(fd, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
            }
        case .v6:
            var to = sockaddr_in6()
            to.sin6_family = sa_family_t(AF_INET6)
            to.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &to.sin6_addr) { unsafe $0.copyBytes(from: address.bytes) }
            return unsafe withUnsafeBytes(of: &to) { bytes in
                unsafe Glibc.connect(fd, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
            }
        }
    }

    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension LookupTest.Question {
    fileprivate var text: String {
        switch self {
        case .root: "the root's name servers"
        case .localhost: "localhost"
        }
    }

    /// Name, type, class IN.
    fileprivate var bytes: [UInt8] {
        switch self {
        case .root: [0, 0, 2, 0, 1]
        case .localhost: [9] + Array("localhost".utf8) + [0, 0, 1, 0, 1]
        }
    }
}
