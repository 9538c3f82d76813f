// SPDX-License-Identifier: MIT

/// Where things are. `root` is put before every path, so that a test works in a folder of its own and never touches the machine.
package struct HostPaths: Hashable, Sendable {
    /// Empty, or a folder without a slash at its end.
    package let root: String
    /// Of our own state (contract: `[paths] state`), without `root`.
    package let state: String

    package init(root: String = "", state: String = "/var/lib/sluice") {
        self.root = root
        self.state = state
    }

    package var folder: String { root + "/etc" }
    package var resolvConf: String { folder + "/resolv.conf" }
    /// A new file until it takes the name; in the same folder, since a name moves only within one file system.
    var staged: String { folder + "/.resolv.conf.sluice" }
    var nameServices: String { root + "/etc/nsswitch.conf" }
    var mountTable: String { root.isEmpty ? "/proc/self/mountinfo" : root + "/proc/mountinfo" }

    var keep: String { root + state + "/resolv.conf" }
    var record: String { keep + "/record" }
    /// The record of a takeover that somebody else's file ended.
    var aside: String { keep + "/left-alone" }
    var wish: String { keep + "/wish" }
    var lock: String { keep + "/lock" }

    /// Files in which those who manage name servers say what the network told them, by who writes them.
    var networkManagerFiles: [String] { ["/run/NetworkManager/no-stub-resolv.conf", "/run/NetworkManager/resolv.conf"].map { root + $0 } }
    var resolvedFiles: [String] { [root + "/run/systemd/resolve/resolv.conf"] }
    var resolvconfFiles: [String] { [root + "/run/resolvconf/resolv.conf"] }
    /// Debian's resolvconf, and openresolv of different ages: one file an interface.
    var interfaceRecords: [String] {
        ["/run/resolvconf/interface", "/run/resolvconf/interfaces", "/run/resolvconf/keys"].map { root + $0 }
    }

    var dropInFolder: String { root + "/etc/systemd/resolved.conf.d" }
    package var dropIn: String { dropInFolder + "/50-sluice.conf" }
    /// There while systemd is process 1 (sd_booted(3)).
    var systemdRuns: String { root + "/run/systemd/system" }
    var resolvedRuns: String { root + "/run/systemd/resolve" }
    var proc: String { root + "/proc" }
}

extension HostPaths {
    /// Where /etc/resolv.conf leads when it is a link with this target.
    func place(ofLink target: String) -> String { target.hasPrefix("/") ? root + target : folder + "/" + target }
}
