// SPDX-License-Identifier: MIT
import CLinux
import FoundationEssentials
import Glibc

/// A connection that is answered in many lines, by a thread that waits for whoever reads them.
final class ControlStream: Sendable {
    private let fd: Int32

    /// Takes the descriptor over.
    init(_ fd: Int32) {
        self.fd = fd
        _ = fcntl(fd, F_SETFL, 0)
        // One who does not read for so long is left.
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(fd) }

    /// False: nobody reads any more.
    @discardableResult func send(_ reply: ControlReply) -> Bool {
        guard let data = try? JSONEncoder().encode(reply) else { return false }
        let bytes = Array(data) + [UInt8(ascii: "\n")]
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(fd, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
