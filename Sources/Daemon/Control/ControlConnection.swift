// SPDX-License-Identifier: MIT
import CLinux
import FoundationEssentials
import Glibc
import Wire

/// One who looks. Asks once, is answered once.
final class ControlConnection {
    /// No request is longer: a name and a type.
    private static let longest = 2048

    let fd: Int32
    private let began = Instant.now
    private var hasAsked = false
    private var incoming: [UInt8] = []

    /// Whether it has asked nothing for so long that it is not worth its descriptor, 10 s.
    func isMute(at now: Instant) -> Bool { !hasAsked && now - began > 10_000 }

    init(_ fd: Int32) {
        self.fd = fd
        // Room for the largest reply, so that one send takes it whole.
        var room = Self.largestReply
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, socklen_t(MemoryLayout<Int32>.size))
    }

    /// A message of 64 KiB, each byte up to four characters of JSON, twice over for the kernel's own use.
    private static let largestReply: Int32 = 1 << 20

    deinit { close(fd) }

    /// The same connection for another thread; this one may then go.
    var detached: ControlStream { ControlStream(fcntl(fd, F_DUPFD_CLOEXEC, 3)) }

    enum Progress {
        case request(ControlRequest)
        case nothingYet
        case over
    }

    func receive() -> Progress {
        var buffer = [UInt8](repeating: 0, count: Self.longest)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothingYet : .over }
        // Of one who has asked only the end is still heard.
        guard !hasAsked else { return count == 0 ? .over : .nothingYet }
        incoming += buffer[..<count]
        guard let end = incoming.firstIndex(of: UInt8(ascii: "\n")) else {
            return count == 0 || incoming.count > Self.longest ? .over : .nothingYet
        }
        guard let request = try? JSONDecoder().decode(ControlRequest.self, from: Data(incoming[..<end])) else { return .over }
        hasAsked = true
        return .request(request)
    }

    /// Sends the answer; the socket's buffer holds any of ours, and one who does not read it is not waited for. False: it did not take it.
    @discardableResult func send(_ reply: ControlReply) -> Bool {
        guard let data = try? JSONEncoder().encode(reply) else { return false }
        let bytes = Array(data) + [UInt8(ascii: "\n")]
        return unsafe bytes.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
    }

    /// Who asks, as the kernel knows it.
    var peer: Peer? { Peer(of: fd) }

    /// Whether whoever asks may change something.
    func isAllowed(group: String) -> Bool {
        guard let peer else { return false }
        if peer.user == 0 { return true }
        return unsafe getgrnam(group).map { unsafe peer.groups.contains($0.pointee.gr_gid) } ?? false
    }
}
