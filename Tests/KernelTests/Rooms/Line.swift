// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// One TCP socket, open as long as this.
final class Line {
    let descriptor: Int32

    init(listeningAt port: UInt16) throws {
        descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try bindAny(descriptor, port)
        guard listen(descriptor, 8) == 0 else { throw RoomError("listen", errno) }
    }

    init(to address: String, _ port: UInt16) throws {
        descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var target = socketAddress(IPAddress(address)!, port)
        let status = unsafe withUnsafePointer(to: &target) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
        guard status == 0 else { throw RoomError("connect", errno) }
    }

    init(of listener: Line) throws {
        descriptor = accept(listener.descriptor, nil, nil)
        guard descriptor >= 0 else { throw RoomError("accept", errno) }
    }

    deinit { close(descriptor) }

    /// Sends a byte.
    func send() {
        _ = unsafe Glibc.send(descriptor, "!", 1, Int32(MSG_NOSIGNAL))
    }

    /// 0 while nothing has happened; then what happened to it.
    var end: Int32 {
        var byte: UInt8 = 0
        let count = unsafe recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN ? 0 : count < 0 ? errno : -1
    }
}
