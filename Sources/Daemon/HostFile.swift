// SPDX-License-Identifier: MIT
import Glibc

/// Files of the machine, read whole.
enum HostFile {
    /// The largest file read: a rule list of a million names has about 25 MB.
    private static let largest = 256 << 20

    enum Failure: Error {
        case missing
        case notPermitted
        case unreadable(String)
    }

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        // A FIFO would keep us waiting for somebody to write.
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard fd >= 0 else {
            switch errno {
            case ENOENT: throw .missing
            case EACCES: throw .notPermitted
            case let code: throw .unreadable(unsafe String(cString: strerror(code)))
            }
        }
        defer { close(fd) }
        var entry = stat()
        guard unsafe fstat(fd, &entry) == 0, entry.st_mode & S_IFMT == S_IFREG else { throw .unreadable("not a file") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(fd, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 else { throw .unreadable(unsafe String(cString: strerror(errno))) }
            bytes += buffer[..<count]
            guard bytes.count <= largest else { throw .unreadable("more than \(largest >> 20) MiB") }
        }
    }

    /// Files that fit a pattern of the shell, sorted by name; empty when none does.
    static func matching(_ pattern: String) -> [String] {
        var result = unsafe glob_t()
        defer { unsafe globfree(&result) }
        guard unsafe glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(unsafe result.gl_pathc)).compactMap { index in
            unsafe result.gl_pathv[index].map { unsafe String(cString: $0) }
        }
    }
}
