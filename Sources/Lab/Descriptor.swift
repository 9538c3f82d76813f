// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// An open file descriptor of ours, closed with its last use.
struct Descriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(LabError) {
        number = unsafe open(path, flags | O_CLOEXEC, mode)
        if number < 0 { throw .system(path, errno) }
    }

    init(reading path: String) throws(LabError) { try self.init(opening: path, O_RDONLY) }

    /// What a system call returned.
    init(number: Int32, for what: String) throws(LabError) {
        self.number = number
        if number < 0 { throw .system(what, errno) }
    }

    /// Made anew or emptied.
    init(writing path: String, mode: mode_t = 0o644) throws(LabError) {
        try self.init(opening: path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    }

    /// A file without a place on any disk.
    init(inMemory name: String) throws(LabError) {
        number = unsafe sluice_memory_file(name)
        if number < 0 { throw .system("a file in memory", errno) }
    }

    deinit { close(number) }

    /// Two ends that talk to each other; either reads end-of-file when the other is gone.
    struct Pair: ~Copyable {
        let ours: Descriptor
        let theirs: Descriptor

        init() throws(LabError) {
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .system("socketpair", errno) }
            ours = Descriptor(ends[0])
            theirs = Descriptor(ends[1])
        }
    }

    func write(_ text: String) throws(LabError) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let sent = unsafe bytes[done...].withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
            if sent < 0 {
                if errno == EINTR { continue }
                throw .system("write", errno)
            }
            done += sent
        }
    }

    /// All bytes until the end; what is not UTF-8 is repaired.
    func readAll() throws(LabError) -> String {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = unsafe read(number, &chunk, chunk.count)
            if count == 0 { return String(decoding: all, as: UTF8.self) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("read", errno)
            }
            all += chunk[..<count]
        }
    }

    /// All bytes of a file, wherever it was written last.
    func readFromStart() throws(LabError) -> String {
        lseek(number, 0, SEEK_SET)
        return try readAll()
    }

    /// Waits until there is something to read, or the end. False: the time was up first. Negative milliseconds: no limit.
    func waitReadable(milliseconds: Int32) -> Bool {
        Self.firstReadable([number], milliseconds: milliseconds) != nil
    }

    /// The index of the first descriptor with something to read or at its end; nil when the time is up.
    static func firstReadable(_ numbers: [Int32], milliseconds: Int32) -> Int? {
        var entries = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let found = unsafe poll(&entries, nfds_t(entries.count), milliseconds)
            if found < 0 && errno == EINTR { continue }
            return entries.firstIndex { $0.revents != 0 }
        }
    }
}
