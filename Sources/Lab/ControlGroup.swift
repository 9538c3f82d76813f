// SPDX-License-Identifier: MIT
import Glibc

/// The folder in the machine's cgroup2 hierarchy that the lab's host takes for the whole of it. Nothing but this folder of the lab stands
/// on the machine outside the lab's namespaces, so it is removed three times over: by `Lab` at its end, by the lab's first process when
/// `Lab` has vanished, and by the next lab when both were killed at once.
struct ControlGroup {
    /// Where the machine has its cgroup2 mounted.
    let hierarchy: String
    /// The folder in it: `sluice-lab-` and the process id of the program that holds the lab; a second lab of one program has a number more.
    let name: String

    var path: String { "\(hierarchy)/\(name)" }

    init(hierarchy: String, name: String) {
        self.hierarchy = hierarchy
        self.name = name
    }

    /// Nil for what is no absolute path.
    init?(path: String) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        self.init(hierarchy: String(path[..<slash]), name: String(path[path.index(after: slash)...]))
    }

    private static let prefix = "sluice-lab-"

    /// Makes one for a lab of this process, after taking away those of labs that died.
    /// Errors: no cgroup2 mount here, or none that can be written.
    static func make() throws(LabError) -> ControlGroup {
        guard let hierarchy = mountPoint(in: try Files.read("/proc/self/mountinfo")) else { throw LabError("no cgroup2 mount") }
        removeStale(in: hierarchy)
        for number in 1...64 {
            let group = ControlGroup(hierarchy: hierarchy, name: "\(prefix)\(getpid())" + (number == 1 ? "" : "-\(number)"))
            if unsafe mkdir(group.path, 0o755) == 0 { return group }
            if errno != EEXIST { throw .system(group.path, errno) }
        }
        throw LabError("\(hierarchy) has 64 labs of this process already")
    }

    /// The folder and what is below it, while no process is in any of them; true when nothing of it is there any more.
    @discardableResult
    func remove() -> Bool {
        guard let door = try? Descriptor(opening: hierarchy, O_RDONLY | O_DIRECTORY) else { return false }
        return Self.remove(name, in: door.number)
    }

    /// The same, through a descriptor of the hierarchy: its path may mean something else by now.
    @discardableResult
    static func remove(_ name: String, in folder: Int32) -> Bool {
        if let entry = try? Descriptor(number: unsafe openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), for: name) {
            for child in Files.folders(in: entry) { remove(child, in: entry.number) }
        }
        return unsafe unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT
    }

    private static func removeStale(in hierarchy: String) {
        guard let door = try? Descriptor(opening: hierarchy, O_RDONLY | O_DIRECTORY) else { return }
        for name in Files.folders(in: door) {
            if let holder = holder(of: name), Glibc.kill(holder, 0) != 0, errno == ESRCH { remove(name, in: door.number) }
        }
    }

    /// The process id in such a folder's name; nil for any other folder.
    static func holder(of name: String) -> pid_t? {
        guard name.hasPrefix(prefix) else { return nil }
        let parts = name.dropFirst(prefix.count).split(separator: "-", omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ pid_t($0) }), number > 0, parts.count <= 2 else { return nil }
        return number
    }

    /// Where the last cgroup2 mount of a mountinfo file stands (proc(5)), which hides those before it; nil: there is none.
    static func mountPoint(in mountInfo: String) -> String? {
        mountInfo.split(separator: "\n").reversed().lazy.compactMap { line -> String? in
            // Six fields, any number of optional ones, " - ", the kind.
            guard let dash = line.firstRange(of: " - "), line[dash.upperBound...].hasPrefix("cgroup2 ") else { return nil }
            let fields = line[..<dash.lowerBound].split(separator: " ")
            return fields.count >= 6 ? unescaped(fields[4]) : nil
        }.first
    }

    /// Spaces, tabs, line ends and backslashes stand there as a backslash and three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var parts = field.split(separator: "\\", omittingEmptySubsequences: false)
        var bytes = Array(parts.removeFirst().utf8)
        for part in parts {
            if let byte = UInt8(part.prefix(3), radix: 8) { bytes.append(byte) }
            bytes += part.dropFirst(3).utf8
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
