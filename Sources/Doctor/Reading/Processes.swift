// SPDX-License-Identifier: MIT
import Glibc

/// The processes of the machine, and whose sockets are whose, as /proc shows them to this user.
struct Processes {
    /// Names (comm) of all that can be seen.
    private(set) var names: Set<String> = []
    /// By the inode of a socket.
    private(set) var owners: [UInt64: PortHolder.Process] = [:]

    /// Looks for the owners of these sockets.
    init(owning inodes: Set<UInt64>) {
        for folder in TextFile.names(in: "/proc") ?? [] {
            guard let pid = Int32(folder), let name = TextFile.text("/proc/\(folder)/comm")?.dropWhiteSpace() else { continue }
            names.insert(name)
            guard owners.count < inodes.count, let files = TextFile.names(in: "/proc/\(folder)/fd") else { continue }
            for file in files {
                guard let target = TextFile.target("/proc/\(folder)/fd/\(file)"), target.hasPrefix("socket:["),
                    let inode = UInt64(target.dropFirst(8).dropLast()), inodes.contains(inode)
                else { continue }
                // The first to have it is the parent: children come later.
                if owners[inode] == nil { owners[inode] = PortHolder.Process(pid: pid, name: name) }
            }
        }
    }
}
