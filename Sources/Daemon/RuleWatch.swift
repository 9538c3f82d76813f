// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import HostDNS
import RuleFiles

/// Tells that a file of the configuration may have changed: inotify(7) on the folders they stand in, since editors replace a file by another.
///
/// On the way to a file every symbolic link is watched too, and where the way ends, what should come next.
final class RuleWatch {
    let fd: Int32
    /// Watches are the kernel's memory, and some of them belong to others.
    static let most = 256

    private var folders: [Int32: Interest] = [:]
    private var watches: [String: Int32] = [:]

    private struct Interest {
        let folder: String
        var names: Set<String> = []
        /// Of the shell.
        var patterns: Set<String> = []
    }

    /// Errors: no inotify to be had.
    init() throws(DaemonError) {
        fd = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard fd >= 0 else { throw .system("inotify", errno) }
    }

    deinit { close(fd) }

    /// Watches for these files, and for new ones that fit the patterns, instead of those before.
    /// Returns how many folders cannot be watched.
    func watch(_ files: some Sequence<String>, patterns: [String]) -> Int {
        var wanted: [String: Interest] = [:]
        for file in files { Self.follow(Self.absolute(file), into: &wanted) }
        for pattern in patterns { Self.spread(Self.absolute(pattern), into: &wanted) }
        for (folder, watch) in watches where wanted[folder] == nil {
            inotify_rm_watch(fd, watch)
            watches[folder] = nil
        }
        folders = [:]
        var refused = 0
        // The most precious first when there are too many: the shortest, which hold the configuration.
        for (folder, interest) in wanted.sorted(by: { ($0.key.count, $0.key) < ($1.key.count, $1.key) }) {
            let watch = folders.count < Self.most ? unsafe inotify_add_watch(fd, folder, Self.mask) : -1
            guard watch >= 0 else {
                refused += 1
                continue
            }
            watches[folder] = watch
            // Two paths may lead to one folder.
            folders[watch, default: Interest(folder: folder)].names.formUnion(interest.names)
            folders[watch]?.patterns.formUnion(interest.patterns)
        }
        return refused
    }

    /// Whether anything has happened to what is watched since the last call.
    func drain() -> Bool {
        var isChanged = false
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(fd, $0.baseAddress, $0.count) }
            guard count > 0 else { return isChanged }
            for event in ResolvConfWatch.events(buffer[..<count]) where concerns(event) { isChanged = true }
        }
    }

    private func concerns(_ event: ResolvConfWatch.Event) -> Bool {
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
        guard let interest = folders[event.watch] else { return false }
        if event.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF) != 0 { return true }
        let isMeant = interest.names.contains(event.name) || interest.patterns.contains { unsafe fnmatch($0, event.name, FNM_PERIOD) == 0 }
        guard isMeant else { return false }
        // A new file is read when its writer closes it; a link is whole at once.
        guard event.mask & UInt32(IN_CREATE) != 0, event.mask & UInt32(IN_ISDIR) == 0 else { return true }
        var entry = stat()
        guard unsafe lstat(interest.folder + "/" + event.name, &entry) == 0 else { return true }
        return entry.st_mode & S_IFMT != S_IFREG || entry.st_nlink > 1
    }

    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(folder) }
        return unsafe String(cString: folder) + "/" + path
    }

    /// Notes the file and every link on the way to it, each by its folder and name; where the way ends, what is missing.
    private static func follow(_ path: String, into wanted: inout [String: Interest]) {
        var rest = path.split(separator: "/").map(String.init)[...]
        var at = ""
        var links = 0
        while let next = rest.popFirst() {
            if next == "." { continue }
            if next == ".." {
                at = String(at[..<(at.lastIndex(of: "/") ?? at.startIndex)])
                continue
            }
            let place = at + "/" + next
            var entry = stat()
            let isThere = unsafe lstat(place, &entry) == 0
            if !isThere || rest.isEmpty || entry.st_mode & S_IFMT == S_IFLNK { note(next, at, into: &wanted) }
            guard isThere else { return }
            if entry.st_mode & S_IFMT == S_IFLNK, let target = link(place) {
                links += 1
                // As many as the kernel follows.
                guard links <= 40 else { return }
                if target.hasPrefix("/") { at = "" }
                rest = target.split(separator: "/").map(String.init)[...] + rest
            } else {
                at = place
            }
        }
    }

    /// Notes what would fit a pattern, in every folder that fits its beginning.
    private static func spread(_ pattern: String, into wanted: inout [String: Interest]) {
        var folders = [""]
        for part in pattern.split(separator: "/").map(String.init) {
            guard part.contains(where: { "*?[".contains($0) }) else {
                folders = folders.map { $0 + "/" + part }
                continue
            }
            for folder in folders {
                if !folder.isEmpty { follow(folder, into: &wanted) }
                wanted[folder.isEmpty ? "/" : folder, default: Interest(folder: folder)].patterns.insert(part)
            }
            folders = folders.flatMap { HostFile.matching($0 + "/" + part) }
        }
        for file in folders { follow(file, into: &wanted) }
    }

    private static func note(_ name: String, _ folder: String, into wanted: inout [String: Interest]) {
        wanted[folder.isEmpty ? "/" : folder, default: Interest(folder: folder)].names.insert(name)
    }

    private static func link(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(path, &target, target.count)
        return count < 0 ? nil : String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
