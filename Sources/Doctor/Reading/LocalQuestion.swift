// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// Asks resolvers of this machine a question, all at once, to see who answers.
///
/// The question is `localhost. A` without recursion: the one name that a resolver answers itself and may not ask others for (RFC 6761
/// section 6.3). The sockets are tied to `lo`, by which a machine reaches every address of its own, so that not even a firewall that turns port
/// 53 elsewhere makes a packet leave.
enum LocalQuestion {
    /// Milliseconds: a process of the same machine that takes longer does not answer.
    private static let limit: Int64 = 300

    static func ask(_ places: [Place]) -> [Place: Bool] {
        var waits: [pollfd] = []
        var asked: [Place] = []
        defer { for wait in waits { close(wait.fd) } }
        for place in places {
            guard let fd = send(to: place) else { continue }
            asked.append(place)
            waits.append(pollfd(fd: fd, events: Int16(POLLIN), revents: 0))
        }
        var answers = Dictionary(asked.map { ($0, false) }, uniquingKeysWith: { first, _ in first })
        let deadline = Clock.now + limit
        while answers.values.contains(false) {
            let rest = deadline - Clock.now
            guard rest > 0, unsafe poll(&waits, nfds_t(waits.count), Int32(clamping: rest)) >= 0 || errno == EINTR else { break }
            for index in waits.indices where waits[index].revents != 0 {
                if isAnswer(waits[index].fd) { answers[asked[index]] = true }
                // Answered, or refused by ICMP: either way it is not waited for.
                close(waits[index].fd)
                waits[index].fd = -1
            }
            if waits.allSatisfy({ $0.fd < 0 }) { break }
        }
        return answers
    }

    private static let question: [UInt8] =
        [0x51, 0xCE, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9] + Array("localhost".utf8) + [0, 0, 1, 0, 1]

    /// Nil where it could not be asked.
    private static func send(to place: Place) -> Int32? {
        let family = place.address.family == .v4 ? AF_INET : AF_INET6
        let fd = socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard fd >= 0 else { return nil }
        let device: [UInt8] = [UInt8(ascii: "l"), UInt8(ascii: "o"), 0]
        let tied = unsafe device.withUnsafeBytes { unsafe setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, $0.baseAddress, socklen_t($0.count)) }
        guard tied == 0, connect(fd, place) == 0 else {
            close(fd)
            return nil
        }
        let sent = unsafe question.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == question.count else {
            close(fd)
            return nil
        }
        return fd
    }

    private static func connect(_ fd: Int32, _ place: Place) -> Int32 {
        switch place.address.family {
        case .v4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = place.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: place.address.bytes) }
            return unsafe withUnsafeBytes(of: &address) { raw in
                guard let base = raw.baseAddress else { return -1 }
                return unsafe Glibc.connect(fd, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            }
        case .v6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = place.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: place.address.bytes) }
            return unsafe withUnsafeBytes(of: &address) { raw in
                guard let base = raw.baseAddress else { return -1 }
                return unsafe Glibc.connect(fd, base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            }
        }
    }

    /// Any reply to our question will do, refusals too.
    private static func isAnswer(_ fd: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        return count >= Header.size && buffer[0] == question[0] && buffer[1] == question[1] && buffer[2] & 0x80 != 0
    }
}
