// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Files of the machine, small ones, read and written whole. All unsafe calls on files of this target stand here and in `Disk+steps`.
enum Disk {
    /// A resolv.conf is a few hundred bytes; more than this is not one.
    static let largest = 1 << 20

    /// Nil when it is not there, not a file, or cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        // A FIFO would keep us waiting for somebody to write.
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var entry = stat()
        guard unsafe fstat(fd, &entry) == 0, entry.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count <= largest {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(fd, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
        return nil
    }

    static func text(_ path: String) -> String? { read(path).map { String(decoding: $0, as: UTF8.self) } }

    static func exists(_ path: String) -> Bool {
        var entry = stat()
        return unsafe lstat(path, &entry) == 0
    }

    /// Where a symbolic link points, as it is written; nil for what is none.
    static func linkTarget(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe readlink(path, $0.baseAddress!, $0.count) }
        }
        return count >= 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// Names in a folder, sorted, without the two dots.
    static func names(in folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws(HostError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if unsafe mkdir(made, 0o755) != 0, errno != EEXIST { throw .call("make \(made)", errno: errno) }
        }
    }

    /// A new file that takes its name when it is whole and synced.
    static func replace(_ path: String, with bytes: [UInt8]) throws(HostError) {
        let staged = path + ".new"
        unsafe unlink(staged)
        let fd = try create(staged, mode: 0o644)
        defer { close(fd) }
        try write(bytes, to: fd, staged)
        guard fsync(fd) == 0, unsafe rename(staged, path) == 0 else { throw .call("write \(path)", errno: errno) }
        try syncFolder(of: path)
    }

    static func create(_ path: String, mode: mode_t) throws(HostError) -> Int32 {
        let fd = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard fd >= 0 else { throw .call("make \(path)", errno: errno) }
        return fd
    }

    static func write(_ bytes: [UInt8], to fd: Int32, _ path: String) throws(HostError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(fd, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(done)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .call("write \(path)", errno: errno) }
            done += count
        }
    }

    /// So that a name given in it survives a power cut.
    static func syncFolder(of path: String) throws(HostError) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let fd = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fd >= 0 else { throw .call("open \(folder)", errno: errno) }
        defer { close(fd) }
        // Some file systems have nothing to sync in a folder, and say so.
        guard fsync(fd) == 0 || errno == EINVAL || errno == EROFS else { throw .call("sync \(folder)", errno: errno) }
    }

    static func remove(_ path: String) throws(HostError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .call("remove \(path)", errno: errno) }
    }

    /// Whether the file system of a folder takes no changes.
    static func isReadOnly(_ folder: String) -> Bool {
        var system = statvfs()
        return unsafe statvfs(folder, &system) == 0 && Int(system.f_flag) & Int(ST_RDONLY) != 0
    }

    /// The inode flags of `chattr +i` and `+a`; 0 also where the file system has none.
    static func protection(_ path: String) -> UInt32 {
        let fd = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard fd >= 0 else { return 0 }
        defer { close(fd) }
        var flags: UInt32 = 0
        guard unsafe sluice_inode_flags(fd, &flags) == 0 else { return 0 }
        return flags & (SLUICE_IMMUTABLE | SLUICE_APPEND_ONLY)
    }

    static func protect(_ path: String, _ wanted: UInt32) throws(HostError) {
        let fd = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard fd >= 0 else { throw .call("open \(path)", errno: errno) }
        defer { close(fd) }
        var flags: UInt32 = 0
        guard unsafe sluice_inode_flags(fd, &flags) == 0 else { throw .call("read the flags of \(path)", errno: errno) }
        guard sluice_set_inode_flags(fd, flags & ~(SLUICE_IMMUTABLE | SLUICE_APPEND_ONLY) | wanted) == 0 else {
            throw .call("chattr of \(path)", errno: errno)
        }
    }

    /// Extended attributes of the entry itself, a link's own included; empty where there are none.
    static func attributes(_ path: String) -> TakeoverRecord.Attributes {
        var names = [UInt8](repeating: 0, count: 4096)
        let count = unsafe names.withUnsafeMutableBytes { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe llistxattr(path, $0.baseAddress, $0.count) }
        }
        var found: TakeoverRecord.Attributes = [:]
        for name in names.prefix(max(0, count)).split(separator: 0) {
            let name = String(decoding: name, as: UTF8.self)
            var value = [UInt8](repeating: 0, count: 4096)
            let length = unsafe value.withUnsafeMutableBytes { unsafe lgetxattr(path, name, $0.baseAddress, $0.count) }
            if length >= 0 { found[name] = Array(value.prefix(length)) }
        }
        return found
    }

    /// Where a file system or a policy does not take one, the file goes without: a label is no reason to leave a machine without DNS.
    static func setAttributes(_ path: String, _ attributes: TakeoverRecord.Attributes) {
        for (name, value) in attributes {
            _ = unsafe value.withUnsafeBytes { unsafe lsetxattr(path, name, $0.baseAddress, $0.count, 0) }
        }
    }
}
