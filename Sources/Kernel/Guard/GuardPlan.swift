// SPDX-License-Identifier: MIT
import Steering

/// What the second table, `inet sluice_guard`, holds back when the first is gone: packets that owe the tunnel, on any other way out.
///
/// The kernel keeps it for the socket that made it: no other program can change it, `nft flush ruleset` passes it by, and it is gone
/// when the socket is closed, by whatever end of the process.
package struct GuardPlan: Hashable, Sendable {
    /// The names of our tunnel devices.
    package var links: [String]
    /// The networks of rules; those of `tunnel` are held back.
    package var networks: [SteeredRange]
    /// Whether other programs' own lookups (port 53 and 853) are held back.
    package var foreignLookups: Bool
    /// Whether everything that is not local is held back.
    package var defaultTunnel: Bool
    /// Whether local networks can be reached; else they are held back too.
    package var lanSharing: Bool
    /// Whole marks of other people's WireGuard devices; not 0.
    package var foreignMarks: [UInt32]
    /// Whether 100.64.0.0/10 counts as a local network.
    package var cgnatIsPrivate: Bool
    /// The control group of apps that may only use the tunnel; nil: there is none.
    package var tunneled: Group?
    /// How many learned addresses each set can hold.
    package var learnedSize: Int
    /// Whether `SetWriter.commit` writes addresses of `tunnel` here too, in the same transaction.
    package var mirrors: Bool
    /// The addresses of `tunnel` as they are now; elements of other sets are passed over.
    package var elements: [SetElement]

    /// A control group as `socket cgroupv2 level` knows it.
    package struct Group: Hashable, Sendable {
        package var id: UInt64
        package var level: Int

        package init(id: UInt64, level: Int) {
            self.id = id
            self.level = level
        }
    }

    package init(
        links: [String], networks: [SteeredRange] = [], foreignLookups: Bool = true, defaultTunnel: Bool = false, lanSharing: Bool = true,
        foreignMarks: [UInt32] = [], cgnatIsPrivate: Bool = false, tunneled: Group? = nil, learnedSize: Int = 65536, mirrors: Bool = true,
        elements: [SetElement] = []
    ) {
        self.links = links
        self.networks = networks
        self.foreignLookups = foreignLookups
        self.defaultTunnel = defaultTunnel
        self.lanSharing = lanSharing
        self.foreignMarks = foreignMarks
        self.cgnatIsPrivate = cgnatIsPrivate
        self.tunneled = tunneled
        self.learnedSize = learnedSize
        self.mirrors = mirrors
        self.elements = elements
    }

    /// Whether a set of the first table has its like here.
    package static func holds(_ set: SetName) -> Bool { set == .tunnel4 || set == .tunnel6 }
}
