// SPDX-License-Identifier: MIT
import CLinux
import FoundationEssentials
import Glibc

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
