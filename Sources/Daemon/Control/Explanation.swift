// SPDX-License-Identifier: MIT

/// Where the lookup of a name goes and why, what is known of its addresses, and what the kernel makes of them (contract: `why`).
package struct Explanation: Codable, Sendable {
    package let name: String
    package let type: String
    package let app: String
    package let state: String
    package let setting: String
    package let path: String
    package let servers: [String]
    package let reason: String
    package let text: String
    package let rule: RuleEntry?
    package let losers: [RuleEntry]
    /// Rules of lists that have an exception for the name, so that they do not decide.
    package let excepted: [Excepted]
    /// Names of the chain that the answer led through, the last one's addresses being the name's; empty: none, or not known.
    package var chain: [String] = []
    /// The rule that the answer has because of a name in that chain, where the asked name has none.
    package var alias: Alias?
    package var addresses: [AddressExplanation] = []
    /// Why nothing is said of addresses; nil where they are there.
    package var unknown: String?

    package struct Excepted: Codable, Sendable {
        package let rule: RuleEntry
        package let exception: RuleEntry
    }

    package struct Alias: Codable, Sendable {
        package let name: String
        package let rule: RuleEntry
        package let text: String
    }
}

/// Who owns an address, where a normal app's packets to it go, and what the kernel makes of it.
package struct AddressExplanation: Codable, Sendable {
    package let address: String
    /// `tunnel`, `outside`, `lan`, `refused` or `default` (as the kernel routes it, outside); nil: not known.
    package let path: String?
    package let text: String
    /// Why that, or who owns it, is not known; nil: both are.
    package var unknown: String?
    /// Why an answer for the name that was asked about does not hold it; nil: it does.
    package var leftOut: String?
    /// The rule of the longest network around it.
    package let network: RuleEntry?
    /// The one that decides first.
    package let leases: [LeaseReport]
    /// What the kernel says; nil where it was not asked.
    package var kernel: Kernel?

    package struct Kernel: Codable, Sendable {
        /// Sets of learned addresses that hold it now; nil: not known.
        package var sets: [String]?
        /// Why not.
        package var setsUnknown: String?
        package var routes: [Route] = []
    }

    /// The kernel's own verdict on a packet to it.
    package struct Route: Codable, Sendable {
        /// The mark of the packet: `0x01000000`.
        package let mark: String
        package var interface: String?
        package var gateway: String?
        package var table: UInt32?
        package var source: String?
        /// Why the kernel would not send it.
        package var error: String?
    }
}
