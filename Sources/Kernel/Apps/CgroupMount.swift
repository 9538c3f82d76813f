// SPDX-License-Identifier: MIT

/// Where the cgroup2 hierarchy, or a part of it, can be seen.
package struct CgroupMount: Hashable, Sendable {
    /// The folder it is mounted on.
    package let path: String
    /// How many groups lie above that folder: 0 where the hierarchy's root is mounted.
    package let depth: Int

    package init(path: String, depth: Int) {
        self.path = path
        self.depth = depth
    }

    /// Reads /proc/self/mountinfo (proc_pid_mountinfo(5)); nil where no cgroup2 can be written.
    ///
    /// Of several the one nearest to the root, then the first. Those that other mounts cover are not there. One whose root lies above this
    /// process's cgroup namespace (`/..`) has no depth that could be told.
    package static func find(in mountinfo: String) -> CgroupMount? {
        let mounts = mountinfo.split(separator: "\n").compactMap { Mount($0) }
        let parents = Dictionary(mounts.map { ($0.id, $0) }) { first, _ in first }
        let children = Dictionary(grouping: mounts) { $0.parent }
        /// Nothing was mounted over it, nor over a folder above it.
        func isSeen(_ mount: Mount) -> Bool {
            if children[mount.id, default: []].contains(where: { $0.path == mount.path }) { return false }
            var lower = mount
            for _ in 0..<mounts.count {
                let siblings = children[lower.parent, default: []]
                if siblings.contains(where: { $0.id != lower.id && lower.path.isInside($0.path) }) { return false }
                guard let upper = parents[lower.parent], upper.id != lower.id else { return true }
                lower = upper
            }
            return true
        }
        return mounts.filter { $0.isCgroup2 && $0.isWritable && !$0.root.hasPrefix("/..") && isSeen($0) }
            .map { CgroupMount(path: $0.path, depth: $0.root.split(separator: "/").count) }
            .min { $0.depth < $1.depth }
    }
}

/// One line of mountinfo.
private struct Mount {
    let id: Int
    let parent: Int
    let root: String
    let path: String
    let isWritable: Bool
    let isCgroup2: Bool

    init?(_ line: Substring) {
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, dash + 1 < fields.count, let id = Int(fields[0]),
            let parent = Int(fields[1])
        else { return nil }
        self.id = id
        self.parent = parent
        root = Self.plain(fields[3])
        path = Self.plain(fields[4])
        isWritable = fields[5].split(separator: ",").contains("rw")
        isCgroup2 = fields[dash + 1] == "cgroup2"
    }

    /// Space, tab, newline and backslash stand as three octal digits.
    private static func plain(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + Int($1 - 48) }))
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// Whether this path is `folder` or lies below it.
    fileprivate func isInside(_ folder: String) -> Bool { self == folder || hasPrefix(folder.hasSuffix("/") ? folder : folder + "/") }
}
