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
