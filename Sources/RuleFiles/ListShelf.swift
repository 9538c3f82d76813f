// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Where the last good copy of every included list is kept, for the day on which it is broken: a folder of the state folder, root's alone.
///
/// A copy is known by the list's path, kind and key: what was taken without a signature is never used where one is asked for, and a copy under one
/// key tells nothing of lists under another.
package struct ListShelf: Sendable {
    package let folder: String
    /// Whether accepted lists are put here; `check` and `why` only look.
    private let isWritable: Bool

    package init(state: String, isWritable: Bool) {
        folder = state + "/lists"
        self.isWritable = isWritable
    }

    static func id(path: String, kind: String, key: SigningKey?) -> String {
        let text = "\(path)\0\(kind)\0\(key.map { Hexadecimal.text(of: $0.id + $0.key) } ?? "")"
        return Hexadecimal.text(of: Digest.of(Array(text.utf8).span, length: 16))
    }

    /// What is known of the list that was taken last; nil: none was, or this user may not see it.
    func entry(_ id: String) -> KeptList? {
        guard let start = try? FilePrefix.read(file(id), count: KeptList.mostHeader) else { return nil }
        return KeptList.read(start.span)?.list
    }

    /// The list with its bytes; nil also when they are not what was written.
    func list(_ id: String) -> (entry: KeptList, first: FileBytes, rest: [FileBytes])? {
        guard let bytes = try? FileBytes(file(id), limit: 2 * FileBytes.largest) else { return nil }
        return bytes.withSpan { bytes in
            guard let (entry, start) = KeptList.read(bytes) else { return nil }
            var (parts, at): ([FileBytes], Int) = ([], start)
            for part in entry.parts {
                guard part.length <= bytes.count - at, let copy = try? FileBytes(bytes.extracting(at..<at + part.length)) else {
                    return nil
                }
                parts.append(copy)
                at += part.length
            }
            guard Digest.of(parts) == entry.whole, let first = parts.first else { return nil }
            return (entry, first, Array(parts.dropFirst()))
        }
    }

    /// Writes a copy beside the one there is; `commit` exchanges them. Errors: as of the disk, in words.
    func stage(_ id: String, _ entry: KeptList, _ parts: [FileBytes]) throws(Trouble) {
        guard isWritable else { return }
        unsafe mkdir(folder, 0o700)
        let fd = unsafe open(fresh(id), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw Trouble(fresh(id), errno) }
        defer { close(fd) }
        let header = entry.header
        try Self.write(header.span, to: fd, fresh(id))
        for part in parts { try part.withSpan { bytes throws(Trouble) in try Self.write(bytes, to: fd, fresh(id)) } }
    }

    /// Puts what was staged in place, and takes away what no rule file has included for a month: one that is left out for an hour is still
    /// known afterwards, with the age of its signature.
    /// - Parameter used: the ids of all lists that are included now.
    func commit(_ staged: [String], used: Set<String>) throws(Trouble) {
        guard isWritable else { return }
        for id in staged {
            let fd = unsafe open(fresh(id), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
            guard fd >= 0 else { throw Trouble(fresh(id), errno) }
            defer { close(fd) }
            // Before it takes the other's place, or a power failure leaves neither.
            guard fsync(fd) == 0, unsafe rename(fresh(id), file(id)) == 0 else { throw Trouble(file(id), errno) }
        }
        for path in HostFile.matching(folder + "/*") {
            guard let name = path.split(separator: "/").last?.split(separator: ".", omittingEmptySubsequences: false) else { continue }
            if name.last == "new" || !used.contains(String(name[0])) && Self.isForgotten(path) { unsafe unlink(path) }
        }
        for id in used { unsafe utimensat(AT_FDCWD, file(id), nil, 0) }
    }

    private static func isForgotten(_ path: String) -> Bool {
        var entry = stat()
        return unsafe stat(path, &entry) == 0 && time(nil) - entry.st_mtim.tv_sec > 30 * 86_400
    }

    package struct Trouble: Error, Hashable, Sendable {
        package let text: String

        init(_ path: String, _ code: Int32) { text = "\(path): \(unsafe String(cString: strerror(code)))" }
    }

    private func file(_ id: String) -> String { "\(folder)/\(id).list" }
    private func fresh(_ id: String) -> String { "\(folder)/\(id).new" }

    private static func write(_ bytes: Span<UInt8>, to fd: Int32, _ path: String) throws(Trouble) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.extracting(done..<bytes.count)
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Trouble(path, errno) }
            done += count
        }
    }
}

/// The beginning of a file.
private enum FilePrefix {
    static func read(_ path: String, count: Int) throws(HostFile.Failure) -> [UInt8] {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard fd >= 0 else { throw .missing }
        defer { close(fd) }
        var bytes = [UInt8](repeating: 0, count: count)
        let received = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(fd, $0.baseAddress, $0.count) }
        return Array(bytes[..<max(0, received)])
    }
}
