// SPDX-License-Identifier: MIT
import Wire

/// Whom an address is owed to: a name that was asked, and the name of its chain that the rule fits, which usually is the same.
package struct Owner: Hashable, Sendable {
    /// The name that was asked.
    package let name: Name
    /// The name in the chain of CNAMEs that the rule fits.
    package let matched: Name

    package init(name: Name, matched: Name) {
        self.name = name
        self.matched = matched
    }

    /// The owner of an address that a former run left in the kernel: nobody knows any more who asked for it.
    package static let unknown = Owner(name: .root, matched: .root)
}
