// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// The bytes of a file, read once into memory of their own: what is judged is what is then parsed, whatever becomes of the file.
///
/// Not a mapping of the file: another program that shortens it would end us with SIGBUS, and one that writes to it would change the bytes between
/// check and use. Pages of our own besides go back to the kernel at the end, which freed memory of this size need not.
@safe package final class FileBytes: @unchecked Sendable {
    /// The largest file read: a list of a million names has about 25 MB.
    package static let largest = 256 << 20

    package private(set) var count = 0
    /// Who owns the file, and its mode (inode(7)); of a copy 0.
    package private(set) var owner: UInt32 = 0
    package private(set) var mode: UInt32 = 0
    private var pages: UnsafeMutableRawPointer
    private var capacity: Int

    /// Errors: no such file, no right to read it, not a file, more than `limit` bytes.
    package init(_ path: String, limit: Int = largest) throws(HostFile.Failure) {
        // A FIFO would keep us waiting for somebody to write.
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard fd >= 0 else { throw Self.failure(errno) }
        defer { close(fd) }
        var entry = stat()
        guard unsafe fstat(fd, &entry) == 0 else { throw Self.failure(errno) }
        guard entry.st_mode & S_IFMT == S_IFREG else { throw .unreadable("it is \(Self.kind(entry.st_mode)), not a file") }
        guard entry.st_size <= limit else { throw Self.tooLarge(limit) }
        owner = entry.st_uid
        mode = entry.st_mode
        // One more byte than it has shows its end; those of /proc say that they have none.
        capacity = max(Int(entry.st_size) + 1, 1 << 16)
        unsafe pages = try Self.pages(capacity)
        while true {
            if count == capacity { try grow(limit) }
            let received = unsafe Glibc.read(fd, pages + count, capacity - count)
            if received == 0 { break }
            if received < 0, errno == EINTR { continue }
            guard received > 0 else { throw Self.failure(errno) }
            count += received
            guard count <= limit else { throw Self.tooLarge(limit) }
        }
    }

    /// A copy of bytes that are here already.
    package init(_ bytes: Span<UInt8>) throws(HostFile.Failure) {
        capacity = max(bytes.count, 1)
        unsafe pages = try Self.pages(capacity)
        count = bytes.count
        unsafe bytes.withUnsafeBytes { unsafe pages.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(pages), byteCount: $0.count) }
    }

    deinit { unsafe munmap(pages, capacity) }

    package func withSpan<Result: ~Copyable, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        let bytes = unsafe UnsafeRawBufferPointer(start: pages, count: count)
        return try unsafe body(Span<UInt8>(_unsafeBytes: bytes))
    }

    package var array: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: pages, count: count)) }

    private func grow(_ limit: Int) throws(HostFile.Failure) {
        let larger = min(max(capacity * 2, 1 << 16), limit + 1)
        guard larger > capacity else { throw Self.tooLarge(limit) }
        let fresh = try unsafe Self.pages(larger)
        unsafe fresh.copyMemory(from: pages, byteCount: count)
        unsafe munmap(pages, capacity)
        unsafe pages = fresh
        capacity = larger
    }

    private static func pages(_ size: Int) throws(HostFile.Failure) -> UnsafeMutableRawPointer {
        let pages = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | Int32(MAP_ANONYMOUS), -1, 0)
        guard let pages = unsafe pages, unsafe pages != MAP_FAILED else { throw failure(errno) }
        return unsafe pages
    }

    private static func tooLarge(_ limit: Int) -> HostFile.Failure {
        .unreadable(limit < 1 << 20 ? "it has more than \(limit >> 10) KiB" : "it has more than \(limit >> 20) MiB")
    }

    private static func failure(_ code: Int32) -> HostFile.Failure {
        switch code {
        case ENOENT: .missing
        case EACCES, EPERM: .notPermitted
        case ELOOP: .unreadable("its symbolic links lead in a circle")
        case ENOTDIR: .unreadable("a part of the path is not a folder")
        default: .unreadable(unsafe String(cString: strerror(code)))
        }
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a named pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }
}
