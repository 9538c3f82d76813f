// SPDX-License-Identifier: MIT
import CLinux
import FoundationEssentials
import Glibc
import Wire

/// The daemon's end of the control socket: who may connect is the file's owner, group and mode (contract: root and one group).
final class ControlSocket {
    let fd: Int32
    private let path: String
    private let pidPath: String

    /// Makes the folder, the socket and the file `pid`. The socket has mode 0660 and belongs to root and `group`; without such a group to root alone.
    init(folder: String, group: String) throws(DaemonError) {
        path = Self.path(in: folder)
        pidPath = folder + "/pid"
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/" + part
            if unsafe mkdir(made, 0o755) != 0, errno != EEXIST { throw .system("make \(made)", errno) }
        }
        if let other = try? ControlClient(folder: folder) {
            _ = other
            throw .failed(
                "another daemon answers at \(path)",
                hint: "see it with 'sluice status'; 'sluice reload' makes it read its configuration again")
        }
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        unsafe unlink(path)
        let mask = umask(0o177)
        defer { umask(mask) }
        guard fd >= 0, unsafe UnixAddress.with(path, { unsafe bind(fd, $0, $1) }) == 0, listen(fd, 16) == 0 else {
            throw .system("listen at \(path)", errno)
        }
        let owner = unsafe getgrnam(group).map { unsafe $0.pointee.gr_gid } ?? 0
        guard unsafe chown(path, 0, owner) == 0, unsafe chmod(path, 0o660) == 0 else { throw .system("give \(path) to \(group)", errno) }
        let pid = unsafe open(pidPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard pid >= 0 else { throw .system("write \(pidPath)", errno) }
        fchmod(pid, 0o644)
        let text = Array("\(getpid())\n".utf8)
        _ = unsafe text.withUnsafeBytes { unsafe write(pid, $0.baseAddress, $0.count) }
        close(pid)
    }

    deinit {
        close(fd)
        unsafe unlink(path)
        unsafe unlink(pidPath)
    }

    static func path(in folder: String) -> String { folder + "/control" }

    func accept() -> ControlConnection? {
        let connection = Glibc.accept(fd, nil, nil)
        guard connection >= 0 else { return nil }
        _ = fcntl(connection, F_SETFL, O_NONBLOCK)
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        return ControlConnection(connection)
    }
}

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

    enum Progress {
        case request(ControlRequest)
        case nothingYet
        case over
    }

    func receive() -> Progress {
        var buffer = [UInt8](repeating: 0, count: Self.longest)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothingYet : .over }
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

/// The other end: for the command line.
package struct ControlClient: ~Copyable {
    private let fd: Int32

    /// Errors: `noDaemon`; `notPermitted` for those outside the group.
    package init(folder: String) throws(DaemonError) {
        let path = ControlSocket.path(in: folder)
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw .system("socket", errno) }
        guard unsafe UnixAddress.with(path, { unsafe connect(fd, $0, $1) }) == 0 else {
            let code = errno
            if code == EACCES || code == EPERM {
                throw .notPermitted("\(path) is for root and the group that [control] names\n    hint: sudo, or join that group")
            }
            throw .noDaemon(path)
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { if fd >= 0 { close(fd) } }

    /// Hands over every line the daemon sends, until it sends no more. Waits for ever between two.
    package func listen(_ request: ControlRequest, _ take: (ControlReply) throws -> Void) throws {
        try send(request)
        var limit = timeval()
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var incoming: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            incoming += buffer[..<count]
            while let end = incoming.firstIndex(of: UInt8(ascii: "\n")) {
                let reply = try? JSONDecoder().decode(ControlReply.self, from: Data(incoming[..<end]))
                incoming.removeSubrange(...end)
                if let error = reply?.error { throw DaemonError.failed(error, hint: nil) }
                if let reply { try take(reply) }
            }
        }
    }

    private func send(_ request: ControlRequest) throws(DaemonError) {
        guard let data = try? JSONEncoder().encode(request) else { throw .failed("the request cannot be written", hint: nil) }
        let bytes = Array(data) + [UInt8(ascii: "\n")]
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Errors: `failed` when the daemon says so, or nothing in 10 s.
    package func ask(_ request: ControlRequest) throws(DaemonError) -> ControlReply {
        try send(request)
        var reply: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
            if count <= 0 { break }
            reply += buffer[..<count]
        }
        guard let decoded = try? JSONDecoder().decode(ControlReply.self, from: Data(reply)) else {
            throw .failed("the daemon gave no answer", hint: "is it of the same version? restart it")
        }
        if let error = decoded.error { throw .failed(error, hint: nil) }
        return decoded
    }
}

/// sockaddr_un, whose path Swift imports as a tuple of 108.
enum UnixAddress {
    static func with(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            return -1
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
