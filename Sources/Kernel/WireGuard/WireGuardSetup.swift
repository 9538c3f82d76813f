// SPDX-License-Identifier: MIT
import Wire

/// A WireGuard device as a wg-quick file describes it, taken apart.
package struct WireGuardSetup: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The interface's name, 15 bytes at most.
    package let name: String
    /// The file less what only wg-quick understands, and less FwMark. **Holds the private key.** Endpoints are addresses: `wg` would look names up by itself.
    package let setconf: String
    package let addresses: [(IPAddress, length: Int)]
    /// In bytes; nil: 1420.
    package let mtu: UInt32?

    package init(name: String, setconf: String, addresses: [(IPAddress, length: Int)], mtu: UInt32? = nil) {
        self.name = name
        self.setconf = setconf
        self.addresses = addresses
        self.mtu = mtu
    }

    /// Without what is secret.
    package var description: String { "setup of \(name)" }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }

    package static func == (one: Self, other: Self) -> Bool {
        one.name == other.name && one.setconf == other.setconf && one.mtu == other.mtu
            && one.addresses.elementsEqual(other.addresses) { $0.0 == $1.0 && $0.length == $1.length }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(setconf)
    }
}
