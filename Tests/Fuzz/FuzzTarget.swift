// SPDX-License-Identifier: MIT
import Wire

/// A way in for bytes of others: run by libFuzzer (`make fuzz`), and over stored inputs by the tests.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// A DNS message: from a client, and as the reply of a server to the question it repeats.
    case messages
    /// Packets that come while questions are in flight: see `Flood`.
    case replies
    /// The data of an HTTPS record.
    case bindings
    /// `sluice.toml`, and a file for wg-quick.
    case configuration
    /// A rule file, and lists of every kind.
    case rules
    /// What a request on the control socket names.
    case requests

    /// Does with the bytes what the daemon would; a trap, or an error thrown, is a finding.
    package func run(_ bytes: [UInt8]) throws(Violation) {
        switch self {
        case .messages: try Messages.run(bytes)
        case .replies: try Flood.run(bytes)
        case .bindings: try Bindings.run(bytes)
        case .configuration: try Texts.runConfiguration(bytes)
        case .rules: try Texts.runRules(bytes)
        case .requests: try Requests.run(bytes)
        }
    }
}

/// A claim that does not hold.
package struct Violation: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

func claim(_ holds: Bool, _ what: @autoclosure () -> String) throws(Violation) {
    if !holds { throw Violation(what()) }
}
