// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// What tells one version of a file from the next, without reading it.
package struct FileStamp: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let changed: [Int]

    /// Nil when there is no such file.
    package init?(of path: String) {
        var entry = stat()
        guard unsafe stat(path, &entry) == 0 else { return nil }
        device = entry.st_dev
        inode = entry.st_ino
        size = entry.st_size
        changed = [entry.st_mtim.tv_sec, entry.st_mtim.tv_nsec, entry.st_ctim.tv_sec, entry.st_ctim.tv_nsec]
    }
}
