// SPDX-License-Identifier: MIT
import Wire

extension Takeover {
    /// What is the case now. Reads only.
    package struct Standing: Sendable {
        package let look: HostLook
        package let ownership: Ownership
        package let hold: Hold
        /// Whether the machine is to use us: the last word of `activate` and `deactivate`.
        package let wished: Bool
        /// What will be given back; nil when nothing is taken, or its record is damaged.
        package let original: TakeoverRecord.Original?
        package let recordIsDamaged: Bool
        /// Lookups by resolv.conf come to us: every server it names is ours.
        package let reachesUs: Bool
    }

    package var standing: Standing {
        let look = paths.look()
        var record: TakeoverRecord?
        var damaged = false
        do throws(HostError) { record = try readRecord() } catch { damaged = true }
        let servers = ResolvConf(look.contents ?? []).servers
        return Standing(
            look: look, ownership: Ownership(look), hold: Hold(look, record), wished: isWished, original: record?.original,
            recordIsDamaged: damaged, reachesUs: !servers.isEmpty && servers.allSatisfy { addresses.contains($0.address) })
    }

    /// Whether `activate` was the last word.
    package var isWished: Bool { Disk.exists(paths.wish) }

    /// Remembers the last word; of use to a daemon that starts, or sees that somebody changed the file.
    package func wish(_ wanted: Bool) throws(HostError) {
        if wanted {
            try Disk.makeFolder(paths.keep)
            try Disk.replace(paths.wish, with: Array("resolv.conf is to be ours\n".utf8))
        } else if Disk.exists(paths.wish) {
            try Disk.remove(paths.wish)
            try Disk.syncFolder(of: paths.wish)
        }
    }
}
