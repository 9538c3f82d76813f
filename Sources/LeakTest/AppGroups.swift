// SPDX-License-Identifier: MIT
import Glibc

/// The control groups that make an app excluded or tunneled, seen from a process that goes there and comes back.
///
/// A socket keeps the group its maker was in (cgroups(7), sock_cgroup_data): it is enough to be there while sockets are made.
package struct AppGroups: Sendable {
    /// Holds a folder for each class.
    let base: String
    /// Where this process belongs.
    let home: String

    /// The groups below the cgroup2 mount of this machine; nil where there is none.
    package init?() {
        guard let mounts = Self.text("/proc/self/mountinfo"), let mount = Self.mount(in: mounts) else { return nil }
        let own = Self.text("/proc/self/cgroup").flatMap { Self.own(in: $0) }
        self.init(base: mount.place + "/sluice", home: Self.folder(of: own, in: mount))
    }

    init(base: String, home: String) {
        self.base = base
        self.home = home
    }

    struct Mount: Equatable {
        /// The group the mount shows as its top.
        let root: String
        let place: String
    }

    /// The last mount of type cgroup2 in a mountinfo (proc(5)); one that covers an earlier one comes later.
    static func mount(in text: String) -> Mount? {
        var found: Mount?
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2, halves[1].hasPrefix("cgroup2 ") else { continue }
            let words = halves[0].split(separator: " ")
            if words.count > 4 { found = Mount(root: String(words[3]), place: String(words[4])) }
        }
        return found
    }

    /// The path of the line `0::PATH` of /proc/self/cgroup.
    static func own(in text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
    }

    /// The folder of a group; one that the mount does not show becomes the mount's top.
    static func folder(of group: String?, in mount: Mount) -> String {
        let root = mount.root == "/" ? "" : mount.root
        guard let group, !group.contains("/.."), group == root || group.hasPrefix(root + "/") else { return mount.place }
        let rest = group.dropFirst(root.count)
        return rest == "/" ? mount.place : mount.place + rest
    }

    package func folder(of app: Matrix.App) -> String {
        switch app {
        case .normal: home
        case .excluded: base + "/outside"
        case .tunneled: base + "/tunnel"
        }
    }

    /// Whether an app of this class can be played.
    package func has(_ app: Matrix.App) -> Bool {
        unsafe access(folder(of: app) + "/cgroup.procs", W_OK) == 0
    }

    /// Makes this process one of the class; `normal` brings it home.
    func enter(_ app: Matrix.App) throws(LeakError) {
        let file = unsafe open(folder(of: app) + "/cgroup.procs", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw .system(call: "open(\(folder(of: app))/cgroup.procs)", errno: errno) }
        defer { close(file) }
        guard unsafe write(file, "0", 1) == 1 else { throw .system(call: "write(\(folder(of: app))/cgroup.procs)", errno: errno) }
    }

    static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while case let count = unsafe read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
