// SPDX-License-Identifier: MIT

/// /etc/resolv.conf as the machine shows it: values only, so that who owns it is a question to a pure function.
package struct HostLook: Hashable, Sendable {
    package enum Entry: Hashable, Sendable {
        case missing
        case file
        /// A symbolic link, with its target as it is written.
        case link(String)
        /// A folder, a device: nothing that we replace.
        case other
    }

    package var entry: Entry
    /// What a reader of /etc/resolv.conf gets, through a link too; nil when there is nothing at its end.
    package var contents: [UInt8]?
    /// Something is mounted on the file itself, as containers have it: it can be written but not replaced.
    package var isMountPoint = false
    package var mountIsReadOnly = false
    /// The file system of the folder takes no changes.
    package var folderIsReadOnly = false
    /// `chattr +i` or `+a` on the file.
    package var isImmutable = false
    /// `chattr +i` or `+a` on the folder.
    package var folderIsImmutable = false

    package init(entry: Entry, contents: [UInt8]? = nil) {
        self.entry = entry
        self.contents = contents
    }
}
