// SPDX-License-Identifier: MIT

/// What became of a question asked by `sluice query`.
package struct QueryReport: Codable, Sendable {
    /// The reply, as bytes on the wire.
    package let message: [UInt8]
    /// `tunnel`, `outside`, `lan`, `refuse`, `block` or `local`.
    package let path: String
    /// The server that answered; nil when none was asked.
    package let server: String?
    /// Whether the answer came from the cache.
    package let cached: Bool
    package let leases: [Lease]

    package struct Lease: Codable, Sendable {
        package let address: String
        package let route: String
        /// The asked name where it is an owner, else the one whose answer extended it last.
        package let name: String
        /// At most three others that own it by the same route.
        package let others: [String]
        /// How many those are in all.
        package let othersCount: Int
        /// Seconds until it ends.
        package let seconds: Int64
    }
}
