// SPDX-License-Identifier: MIT
import Rules

/// A rule as those who look see it: what it wants, and where it stands.
package struct RuleEntry: Codable, Hashable, Sendable {
    package let action: String
    /// Of `tunnel:NAME`.
    package let tunnel: String?
    package let pattern: String
    package let file: String
    /// Counted from 1; 0: not known.
    package let line: Int
    /// What its traffic bears; nil: what it had.
    package let dscp: UInt8?
    /// A number, or a class as tc writes it.
    package let priority: String?

    package init(_ rule: Rule) {
        action = rule.action.rawValue
        tunnel = rule.tunnel
        pattern = rule.text
        file = rule.file
        line = rule.line
        dscp = rule.options.dscp
        priority = rule.options.priority?.description
    }
}
