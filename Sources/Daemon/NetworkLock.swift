// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Held by the one daemon of a network namespace: two would undo each other's rules for ever.
///
/// A name in the abstract namespace of Unix sockets, which belongs to the network namespace and ends with the process, however that ends.
struct NetworkLock: ~Copyable {
    private let fd: Int32

    /// Errors: another daemon holds it.
    init() throws(DaemonError) {
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw .system("socket", errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name: [UInt8] = [0] + Array("sluice".utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let status = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(fd, $0, length) }
        }
        guard status == 0 else {
            let code = errno
            close(fd)
            guard code == EADDRINUSE else { throw .system("lock this network", code) }
            throw .failed(
                "another daemon looks after this machine's network",
                hint: "see it with 'sluice status'; two would undo each other's rules")
        }
    }

    deinit { close(fd) }
}
