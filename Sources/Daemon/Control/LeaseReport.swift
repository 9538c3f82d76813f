// SPDX-License-Identifier: MIT

/// An address that is owed to a rule, for those who look.
package struct LeaseReport: Codable, Sendable {
    package let address: String
    /// `tunnel`, `direct` or `lan`.
    package let route: String
    /// Seconds until it ends.
    package let seconds: Int64
    /// When it ends: seconds since 1970.
    package let until: Int64
    package let owners: [Owner]
    /// Whether the kernel's set has it; nil: not asked, or not known.
    package let inKernel: Bool?

    package struct Owner: Codable, Sendable {
        /// The name that was asked; `.` stands for what a former run left without a name.
        package let name: String
        /// The name in the answer's chain that the rule is for; the same, as a rule.
        package let matched: String
        package let seconds: Int64
        /// Nil where none names it any more.
        package let rule: RuleEntry?
    }
}

/// Some leases of many; the last page is followed by the end.
package struct LeasePage: Codable, Sendable {
    package let leases: [LeaseReport]
    /// How many there are in all that were asked for.
    package let total: Int
}

/// Addresses that a `tunnel` and a `direct` or `lan` rule claim.
package struct ConflictReport: Codable, Sendable {
    package let conflicts: [Entry]

    package struct Entry: Codable, Sendable {
        package let address: String
        /// Where its packets go now: `tunnel`, `outside`, `lan` or `refused`.
        package let path: String
        /// The one that decides first.
        package let leases: [LeaseReport]
        /// The `tunnel` rule of a network around it; nil: none.
        package let network: RuleEntry?
    }
}
