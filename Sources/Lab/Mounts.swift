// SPDX-License-Identifier: MIT
import Glibc

/// The file system as the lab sees it: the machine's, with private layers where anything is written.
/// All of it lives in the lab's mount namespace and ends with the last process there.
enum Mounts {
    /// - Parameter group: what the lab sees as the whole cgroup2 hierarchy.
    static func make(group: ControlGroup?) throws(LabError) {
        try mount("none", on: "/", nil, UInt(MS_REC | MS_PRIVATE))
        // Empty: neither the machine's sockets (D-Bus, systemd-resolved, nscd) nor its state are to be reached from the lab.
        try mount("tmpfs", on: "/run", "tmpfs", strict, "mode=755")
        for folder in [Folders.lab, Folders.names, "/run/wireguard", "/run/sluice"] { try Files.makeFolder(folder) }
        try Files.makeFolder("/run/lock", mode: 0o1777)
        for folder in ["/etc", "/var/lib"] { try layer(over: folder) }
        try mount("proc", on: "/proc", "proc", strict)
        try renewSys()
        if let group { try narrow(to: group) }
    }

    /// What is written below goes to memory; what was there shows through, apart from other mounts in it.
    private static func layer(over folder: String) throws(LabError) {
        let room = "\(Folders.lab)/layer\(folder)"
        try Files.makeFolder(room + "/upper")
        try Files.makeFolder(room + "/work")
        try mount("overlay", on: folder, "overlay", 0, "lowerdir=\(folder),upperdir=\(room)/upper,workdir=\(room)/work")
    }

    /// A /sys that shows the devices of our network namespace, with the machine's control groups moved over from the old one.
    private static func renewSys() throws(LabError) {
        let groups = "/sys/fs/cgroup"
        let aside = "\(Folders.lab)/cgroup"
        try Files.makeFolder(aside)
        try mount(groups, on: aside, nil, UInt(MS_BIND | MS_REC))
        // Else they stay in mountinfo, hidden. Where this is refused, a second look at it does not hurt.
        _ = unsafe umount2(groups, Int32(MNT_DETACH))
        try mount("sysfs", on: "/sys", "sysfs", strict)
        try mount(aside, on: groups, nil, UInt(MS_MOVE))
    }

    /// Control groups of the lab's own, in the place of the machine's, which is not left below them: whoever looks for the cgroup2 mount
    /// finds one.
    private static func narrow(to group: ControlGroup) throws(LabError) {
        let aside = "\(Folders.lab)/group"
        try Files.makeFolder(aside)
        try bind(group.path, to: aside)
        if unsafe umount2(group.hierarchy, Int32(MNT_DETACH)) != 0 { throw .system(group.hierarchy, errno) }
        try mount(aside, on: group.hierarchy, nil, UInt(MS_MOVE))
    }

    /// Gives a file or folder a second name.
    static func bind(_ path: String, to place: String) throws(LabError) {
        try mount(path, on: place, nil, UInt(MS_BIND))
    }

    private static let strict = UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC)

    private static func mount(
        _ source: String, on target: String, _ kind: String?, _ flags: UInt, _ options: String? = nil
    ) throws(LabError) {
        let result = unsafe options.withOptionalCString { options in
            unsafe Glibc.mount(source, target, kind, flags, options)
        }
        if result != 0 { throw .system("mounting \(kind ?? source) on \(target)", errno) }
    }
}

extension String? {
    fileprivate func withOptionalCString<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        switch self {
        case .some(let text): unsafe text.withCString { unsafe body($0) }
        case nil: body(nil)
        }
    }
}
