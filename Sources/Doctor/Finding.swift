// SPDX-License-Identifier: MIT

/// One thing that `doctor` looked at: what it found, what that means, and what to type next.
package struct Finding: Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable, CaseIterable {
        /// Names or traffic go another way than rules say, or nowhere.
        case problem
        /// Good to know; nothing goes wrong by it alone.
        case note
        case ok
    }

    /// What was looked at (contract: the words of `check`).
    package enum Check: String, Hashable, Sendable, CaseIterable {
        case daemon
        case configuration
        case routes
        case routingRules = "routing-rules"
        case ipv6
        case port53 = "port-53"
        case resolvConf = "resolv-conf"
        case resolvers
        case nameServices = "name-services"
        case reversePath = "rp-filter"
        case sourcePorts = "source-ports"
        case forwarding
        case browsers
        case firewall
        case otherTunnels = "other-vpns"
        /// What could not be looked at.
        case sight
    }

    package let check: Check
    package let severity: Severity
    /// One sentence without a full stop.
    package let text: String
    package let meaning: String
    /// A command, or what to do where no command does it; nil where nothing is to be done.
    package let next: String?

    package static func ok(_ check: Check, _ text: String, meaning: String) -> Finding {
        Finding(check: check, severity: .ok, text: text, meaning: meaning, next: nil)
    }

    package static func note(_ check: Check, _ text: String, meaning: String, next: String) -> Finding {
        Finding(check: check, severity: .note, text: text, meaning: meaning, next: next)
    }

    package static func problem(_ check: Check, _ text: String, meaning: String, next: String) -> Finding {
        Finding(check: check, severity: .problem, text: text, meaning: meaning, next: next)
    }
}
