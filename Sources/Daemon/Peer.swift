// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Whoever is at the other end of a Unix socket, as the kernel knows it: nothing of it is what they say of themselves.
struct Peer: Sendable {
    let pid: Int32
    let user: UInt32
    let groups: [UInt32]

    init?(of socket: Int32) {
        var credentials = sluice_credentials()
        guard unsafe sluice_peer_credentials(socket, &credentials) == 0 else { return nil }
        pid = credentials.pid
        user = credentials.uid
        var others = [UInt32](repeating: 0, count: 1024)
        let count = unsafe sluice_peer_groups(socket, &others, UInt32(others.count))
        groups = [credentials.gid] + others.prefix(Int(max(0, count)))
    }

    /// Whether a process is theirs: root's are all. A program that runs with another's rights is that one's.
    func mayMove(_ pid: Int32) -> Bool {
        guard pid > 0 else { return false }
        var entry = stat()
        return unsafe stat("/proc/\(pid)", &entry) == 0 && (user == 0 || entry.st_uid == user)
    }
}
