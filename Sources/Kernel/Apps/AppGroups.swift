// SPDX-License-Identifier: MIT
import Glibc

/// A folder of cgroup2 whose processes have a path of their own, as `socket cgroupv2` knows it.
package struct AppGroup: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Excluded from the tunnel.
        case outside
        /// Only in the tunnel.
        case tunnel
    }

    package let path: String
    /// The key of a set of `type cgroupsv2`, in the machine's own byte order. Another one when the folder is made anew.
    package let id: UInt64
    /// N of `socket cgroupv2 level N`: how deep the folder lies below the hierarchy's root.
    package let level: Int
}

/// The two groups of apps. A socket belongs to the group its process was in when it was made: those of before stay where they were.
package struct AppGroups: Hashable, Sendable {
    package private(set) var outside: AppGroup
    package private(set) var tunnel: AppGroup
    private let mount: CgroupMount

    /// Makes the folders in the cgroup2 that this process sees. Errors: `noHierarchy`, `notPermitted`.
    package init() throws(AppGroupError) {
        guard let text = Self.read("/proc/self/mountinfo"), let mount = CgroupMount.find(in: text) else { throw .noHierarchy }
        try self.init(in: mount)
    }

    /// Makes the folders below this one; those that are there stay.
    package init(in mount: CgroupMount) throws(AppGroupError) {
        self.mount = mount
        outside = try Self.make(.outside, in: mount)
        tunnel = try Self.make(.tunnel, in: mount)
    }

    package subscript(kind: AppGroup.Kind) -> AppGroup {
        switch kind {
        case .outside: outside
        case .tunnel: tunnel
        }
    }

    /// Looks whether the folders are still the same, and makes those that are gone; a few microseconds.
    /// - Returns: whether an id has changed, so that the sets need the new one.
    package mutating func refresh() throws(AppGroupError) -> Bool {
        let before = (outside, tunnel)
        outside = try Self.make(.outside, in: mount)
        tunnel = try Self.make(.tunnel, in: mount)
        return before != (outside, tunnel)
    }

    /// Moves a process, with all its threads; what it starts from now on is in the group too.
    ///
    /// Errors: `noSuchProcess`, `notPermitted`.
    package func move(_ process: Int32, to kind: AppGroup.Kind) throws(AppGroupError) { try Self.move(process, to: self[kind].path) }

    /// Makes a process a normal one again. Errors: as of `move`.
    package func release(_ process: Int32) throws(AppGroupError) { try Self.move(process, to: mount.path) }

    /// How many processes may only use the tunnel now.
    package var tunnelProcesses: Int { Self.read(tunnel.path + "/cgroup.procs")?.split(separator: "\n").count ?? 0 }

    /// Removes the folders. Processes that are still in them go to the folder above all of ours first.
    ///
    /// Errors: somebody has made groups of his own in them (EBUSY).
    package func remove() throws(AppGroupError) {
        for kind in AppGroup.Kind.allCases { try Self.remove(self[kind].path, emptyingTo: mount.path) }
        // Not ours alone; whoever has something there keeps it.
        _ = unsafe rmdir(mount.path + "/sluice")
    }

    private static func make(_ kind: AppGroup.Kind, in mount: CgroupMount) throws(AppGroupError) -> AppGroup {
        let path = "\(mount.path)/sluice/\(kind.rawValue)"
        var status = stat()
        // Looking first: a refresh that finds all as it was costs two calls.
        if unsafe stat(path, &status) != 0 {
            for folder in ["\(mount.path)/sluice", path] {
                guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw failure("make \(folder)") }
            }
            guard unsafe stat(path, &status) == 0 else { throw failure("look at \(path)") }
        }
        return AppGroup(path: path, id: UInt64(status.st_ino), level: mount.depth + 2)
    }

    private static func move(_ process: Int32, to folder: String) throws(AppGroupError) {
        // 0 would be ourselves.
        guard process > 0 else { throw .noSuchProcess(process) }
        let operation = "move process \(process) to \(folder)"
        let descriptor = unsafe open(folder + "/cgroup.procs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(operation) }
        defer { close(descriptor) }
        let text = Array("\(process)\n".utf8)
        guard unsafe write(descriptor, text, text.count) != text.count else { return }
        if errno == ESRCH { throw .noSuchProcess(process) }
        throw failure(operation)
    }

    private static func remove(_ folder: String, emptyingTo other: String) throws(AppGroupError) {
        // A process may start another between reading and moving, and one that ends is counted for a moment.
        for attempt in 0..<20 {
            if unsafe rmdir(folder) == 0 || errno == ENOENT { return }
            guard errno == EBUSY else { break }
            if attempt > 0 { usleep(5000) }
            for line in read(folder + "/cgroup.procs")?.split(separator: "\n") ?? [] {
                guard let process = Int32(line) else { continue }
                do { try move(process, to: other) } catch .noSuchProcess { continue }
            }
        }
        throw failure("remove \(folder)")
    }

    private static func failure(_ operation: String) -> AppGroupError {
        switch errno {
        case EACCES, EPERM, EROFS: .notPermitted(operation)
        case let code: .call(operation, errno: code)
        }
    }

    private static func read(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += buffer.prefix(count)
        }
    }
}
