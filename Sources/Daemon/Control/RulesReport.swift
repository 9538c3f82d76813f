// SPDX-License-Identifier: MIT

/// The rules in force, file by file.
package struct RulesReport: Codable, Sendable {
    package let count: Int
    package let files: [File]
    package let lists: [StatusReport.List]
    /// Errors of the last reload, which was not taken; the rules before it are in force.
    package let rejected: [String]

    package struct File: Codable, Sendable {
        package let file: String
        package let rules: Int
        /// How many of each action: `tunnel`, `direct`, `lan`, `block`.
        package let actions: [String: Int]
        /// How many of each kind of pattern: `exact`, `suffix`, `below`, `regex`, `keyword`, `network`.
        package let kinds: [String: Int]
    }
}
