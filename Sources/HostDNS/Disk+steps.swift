// SPDX-License-Identifier: MIT
import CLinux
import Glibc

extension HostPaths {
    /// /etc/resolv.conf as it is now.
    package func look() -> HostLook {
        var entry = stat()
        let found = unsafe lstat(resolvConf, &entry) == 0
        var look = HostLook(entry: .missing)
        if found {
            look.entry =
                switch entry.st_mode & S_IFMT {
                case S_IFREG: .file
                case S_IFLNK: .link(Disk.linkTarget(resolvConf) ?? "")
                default: .other
                }
        }
        if case .link = look.entry { look.contents = Disk.read(atTheEndOf(resolvConf)) } else { look.contents = Disk.read(resolvConf) }
        if let mount = MountTable.mount(on: resolvConf, in: Disk.text(mountTable) ?? "") {
            look.isMountPoint = true
            look.mountIsReadOnly = mount.isReadOnly
        }
        look.folderIsReadOnly = Disk.isReadOnly(folder)
        look.isImmutable = look.entry == .file && Disk.protection(resolvConf) != 0
        look.folderIsImmutable = Disk.protection(folder) != 0
        return look
    }

    /// The file that a chain of links ends at, absolute targets taken to be below `root`.
    private func atTheEndOf(_ path: String) -> String {
        var path = path
        for _ in 0..<16 {
            guard let target = Disk.linkTarget(path) else { return path }
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            path = target.hasPrefix("/") ? root + target : folder + "/" + target
        }
        return path
    }

    /// What is to be given back one day: all of the entry that we can put back.
    func original(_ look: HostLook) throws(HostError) -> TakeoverRecord.Original {
        var entry = stat()
        guard unsafe lstat(resolvConf, &entry) == 0 else {
            guard errno == ENOENT else { throw .call("look at \(resolvConf)", errno: errno) }
            return .missing
        }
        let owner = TakeoverRecord.Owner(user: entry.st_uid, group: entry.st_gid)
        let attributes = Disk.attributes(resolvConf)
        switch look.entry {
        case .missing: return .missing
        case .link(let target): return .link(to: target, owner: owner, attributes: attributes)
        case .file, .other:
            guard let bytes = look.contents else { throw .call("read \(resolvConf)", errno: EIO) }
            return .file(
                TakeoverRecord.File(
                    bytes: bytes, mode: entry.st_mode & 0o7777, owner: owner,
                    modified: (Int64(entry.st_mtim.tv_sec), Int64(entry.st_mtim.tv_nsec)), protection: Disk.protection(resolvConf),
                    attributes: attributes))
        }
    }

    /// Carries out one step.
    func perform(_ step: TakeoverStep) throws(HostError) {
        switch step {
        case .record(let value): try Disk.replace(record, with: value.text)
        case .protect(let flags): try Disk.protect(resolvConf, flags)
        case .stage(let file): try stage(file)
        case .stageLink(let target, let owner, let attributes):
            try Disk.remove(staged)
            guard unsafe symlink(target, staged) == 0 else { throw .call("make \(staged)", errno: errno) }
            guard unsafe lchown(staged, owner.user, owner.group) == 0 else { throw .call("give \(staged) to its owner", errno: errno) }
            Disk.setAttributes(staged, attributes)
        case .swap:
            guard unsafe rename(staged, resolvConf) == 0 else { throw .call("replace \(resolvConf)", errno: errno) }
            try Disk.syncFolder(of: resolvConf)
        case .overwrite(let bytes): try overwrite(bytes)
        case .stamp(let seconds, let nanoseconds): stamp(resolvConf, (seconds, nanoseconds))
        case .remove:
            try Disk.remove(resolvConf)
            try Disk.syncFolder(of: resolvConf)
        case .forget:
            try Disk.remove(record)
            try Disk.syncFolder(of: record)
        case .setAside:
            guard unsafe rename(record, aside) == 0 || errno == ENOENT else { throw .call("set \(record) aside", errno: errno) }
            try Disk.syncFolder(of: record)
        }
    }

    private func stage(_ file: TakeoverRecord.File) throws(HostError) {
        try Disk.remove(staged)
        let fd = try Disk.create(staged, mode: 0o600)
        defer { close(fd) }
        try Disk.write(file.bytes, to: fd, staged)
        // The owner first: a change of it clears set-id bits.
        guard fchown(fd, file.owner.user, file.owner.group) == 0, fchmod(fd, mode_t(file.mode)) == 0 else {
            throw .call("give \(staged) its owner and mode", errno: errno)
        }
        Disk.setAttributes(staged, file.attributes)
        stamp(staged, file.modified)
        guard fsync(fd) == 0 else { throw .call("sync \(staged)", errno: errno) }
    }

    private func overwrite(_ bytes: [UInt8]) throws(HostError) {
        let fd = unsafe open(resolvConf, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard fd >= 0 else { throw .call("write \(resolvConf)", errno: errno) }
        defer { close(fd) }
        try Disk.write(bytes, to: fd, resolvConf)
        guard ftruncate(fd, off_t(bytes.count)) == 0, fsync(fd) == 0 else { throw .call("write \(resolvConf)", errno: errno) }
    }

    /// Seconds 0 is "now": our own file has no time of its own. Not worth an error: a time that cannot be set harms nobody.
    private func stamp(_ path: String, _ time: (seconds: Int64, nanoseconds: Int64)) {
        guard time.seconds != 0 else { return }
        let times = [
            timespec(tv_sec: 0, tv_nsec: SLUICE_TIME_AS_IT_IS), timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds)),
        ]
        _ = unsafe utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW)
    }
}
