// SPDX-License-Identifier: MIT
import Glibc

/// Why /etc/resolv.conf, or something near it, could not be changed. What had been done is undone when this is thrown, unless it says otherwise.
package enum HostError: Error, Hashable, Sendable {
    /// A system call failed: what was being done, and errno.
    case call(String, errno: Int32)
    case hindered(Ownership.Hindrance, path: String)
    /// None of our listeners can be named in a resolv.conf, which knows port 53 only.
    case noAddress
    /// The file names us, and lookups through it got no answer; it is as it was before.
    case noAnswer(LookupTest.Outcome)
    /// The file is ours, but what was there before is not recorded.
    case originalUnknown(path: String)
    /// The record is damaged.
    case unreadableRecord(path: String)
    /// A test stopped it here, as SIGKILL would.
    case interrupted
}

extension HostError {
    /// What went wrong, and what to do about it.
    package var explained: (what: String, hint: String?) {
        switch self {
        case .call(let what, let code): ("\(what): \(Self.text(of: code))", code == EACCES || code == EPERM ? "only root may: sudo" : nil)
        case .hindered(let hindrance, let path): hindrance.explained(path)
        case .noAddress:
            ("no listener of ours is on port 53, and a resolv.conf can name no other port", "add one to [dns] listen, as 127.0.0.53:53")
        case .noAnswer(let outcome): ("\(outcome); rolled back, resolv.conf is as it was", "sluice status tells how the daemon is")
        case .originalUnknown(let path):
            (
                "\(path) is ours, but what was there before is not recorded",
                "put there what belongs there; with systemd-resolved: ln -sf ../run/systemd/resolve/stub-resolv.conf \(path)"
            )
        case .unreadableRecord(let path):
            ("\(path) is damaged: what was taken over cannot be told", "look into it, write /etc/resolv.conf by hand, then remove it")
        case .interrupted: ("stopped midway", nil)
        }
    }

    static func text(of code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
