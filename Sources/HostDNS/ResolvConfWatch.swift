// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Tells that resolv.conf, what its managers know, or the wish may have changed. For an event loop: wait until `fd` is readable, then `drain`.
package final class ResolvConfWatch {
    package struct Changes: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// /etc/resolv.conf itself: look who has it.
        package static let resolvConf = Changes(rawValue: 1)
        /// NetworkManager, systemd-resolved or resolvconf wrote: the system's servers may be others.
        package static let servers = Changes(rawValue: 2)
        /// `activate` or `deactivate` was called.
        package static let wish = Changes(rawValue: 4)
        /// Events were lost: look at everything.
        package static let all: Changes = [.resolvConf, .servers, .wish]
    }

    package let fd: Int32
    private let paths: HostPaths
    private var watched: [Int32: (path: String, meaning: Changes)] = [:]

    /// Makes the state folder, so that it can be watched. Errors: `call`.
    package init(paths: HostPaths) throws(HostError) {
        self.paths = paths
        try Disk.makeFolder(paths.keep)
        fd = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard fd >= 0 else { throw .call("inotify", errno: errno) }
        arm()
    }

    deinit { close(fd) }

    /// Everything that happened since the last call; empty when it concerns none of the three.
    package func drain() -> Changes {
        var changes: Changes = []
        var rearm = false
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(fd, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            for event in Self.events(buffer[..<count]) {
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    changes.formUnion(.all)
                    rearm = true
                }
                guard let place = watched[event.watch] else { continue }
                if event.mask & UInt32(IN_IGNORED) != 0 {
                    watched[event.watch] = nil
                    rearm = true
                }
                if event.mask & UInt32(IN_ISDIR) != 0 { rearm = true }
                if place.path == paths.folder {
                    guard event.name == "resolv.conf" else { continue }
                    rearm = true
                }
                if place.path == paths.keep, event.name != "wish" { continue }
                changes.formUnion(place.meaning)
            }
        }
        if rearm { arm() }
        return changes
    }

    /// A watch is on an inode: folders that come, and a file that is mounted over, need it anew. For one that has it nothing changes.
    func arm() {
        let whole = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)
        let coming = UInt32(IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
        add(paths.folder, whole, .resolvConf)
        // Where something is mounted on the file, writing to it is no event of the folder.
        if paths.look().isMountPoint { add(paths.resolvConf, UInt32(IN_CLOSE_WRITE), .resolvConf) }
        add(paths.keep, whole, .wish)
        let files = paths.networkManagerFiles + paths.resolvedFiles + paths.resolvconfFiles
        for folder in Set(files.map(Self.folder(of:))).union(paths.interfaceRecords).sorted() { add(folder, whole, .servers) }
        for folder in ["/run", "/run/systemd", "/run/resolvconf"] where watched.values.allSatisfy({ $0.path != paths.root + folder }) {
            add(paths.root + folder, coming, [])
        }
    }

    private func add(_ path: String, _ mask: UInt32, _ meaning: Changes) {
        // IN_DONT_FOLLOW is left out: /etc/resolv.conf is only watched itself where it is a mount.
        let watch = unsafe inotify_add_watch(fd, path, mask)
        if watch >= 0 { watched[watch] = (path, meaning) }
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    package struct Event: Hashable {
        package let watch: Int32
        package let mask: UInt32
        package let name: String
    }

    /// struct inotify_event: watch, mask, cookie, length of the name that follows, which is filled up with zeroes.
    package static func events(_ bytes: ArraySlice<UInt8>) -> [Event] {
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
        var events: [Event] = []
        var at = bytes.startIndex
        while at + 16 <= bytes.endIndex {
            let length = Int(word(at + 12))
            guard length <= bytes.endIndex - at - 16 else { break }
            let name = bytes[(at + 16)..<(at + 16 + length)].prefix { $0 != 0 }
            events.append(Event(watch: Int32(bitPattern: word(at)), mask: word(at + 4), name: String(decoding: name, as: UTF8.self)))
            at += 16 + length
        }
        return events
    }
}
