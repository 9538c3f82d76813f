// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Files of the machine and of its users, read whole and never waited for.
enum TextFile {
    /// A browser's settings may have a few megabytes.
    private static let largest = 16 << 20

    enum Failure: Error {
        case missing
        case notPermitted
        case unreadable
    }

    static func bytes(_ path: String) throws(Failure) -> [UInt8] {
        // A FIFO would keep us waiting for somebody to write.
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard fd >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing
            case EACCES, EPERM: throw .notPermitted
            default: throw .unreadable
            }
        }
        defer { close(fd) }
        var entry = stat()
        guard unsafe fstat(fd, &entry) == 0, entry.st_mode & S_IFMT == S_IFREG else { throw .unreadable }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(fd, $0.baseAddress, $0.count) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= largest else { throw .unreadable }
        }
    }

    static func text(_ path: String) -> String? { (try? bytes(path)).map { String(decoding: $0, as: UTF8.self) } }

    /// A number of /proc/sys.
    static func number(_ path: String) -> Int? { text(path).flatMap { Int($0.prefix { $0 != "\n" }) } }

    /// The names in a folder, sorted; nil where it cannot be read, empty where it is not there.
    static func names(in folder: String) -> [String]? {
        guard let stream = unsafe opendir(folder) else { return errno == EACCES ? nil : [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Where a link points to.
    static func target(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe buffer.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return -1 }
            return unsafe readlink(path, base.assumingMemoryBound(to: CChar.self), raw.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
