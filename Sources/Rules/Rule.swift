// SPDX-License-Identifier: MIT
import Wire

/// What a rule wants done with what it matches.
package enum Action: String, Hashable, Sendable, CaseIterable {
    case tunnel, direct, lan, block
}

/// One line of a rule file.
package struct Rule: Hashable, Sendable {
    package let action: Action
    /// The tunnel a `tunnel:NAME` rule asks for; nil: whichever is active.
    package let tunnel: String?
    package let pattern: Pattern
    /// The pattern as it was written.
    package let text: String
    package let options: Options
    package let file: String
    /// Counted from 1.
    package let line: Int
    /// Where the pattern begins, in characters from 1; 0: not known.
    package let column: Int

    package struct Options: Hashable, Sendable {
        /// Asked here instead of at the path's own servers.
        package var via: ServerAddress?
        /// What becomes of the addresses in HTTPS and SVCB records.
        package var hints = Hints.lease
        /// Whether a `direct` rule may own private addresses.
        package var `private` = false
        /// A differentiated services code point for the traffic: 0...63.
        package var dscp: UInt8?
        /// The kernel's own priority for it.
        package var priority: PacketPriority?
        /// Keeps a rule that looks too broad.
        package var force = false

        package init() {}

        /// What the traffic bears; nil: what it had.
        package var trafficClass: TrafficClass? {
            dscp == nil && priority == nil ? nil : TrafficClass(dscp: dscp, priority: priority)
        }

        /// As a rule file has them, those that are not as usual.
        var words: [String] {
            [
                via.map { "via \($0)" }, hints == .lease ? nil : "hints=\(hints.rawValue)", self.private ? "private" : nil,
                dscp.map { "dscp=\($0)" }, priority.map { "priority=\($0)" }, force ? "force" : nil,
            ].compactMap(\.self)
        }
    }

    package enum Hints: String, Hashable, Sendable, CaseIterable { case lease, strip, nodata }

    package init(
        _ action: Action, tunnel: String? = nil, _ pattern: Pattern, text: String, options: Options = Options(), file: String = "",
        line: Int = 0, column: Int = 0
    ) {
        self.action = action
        self.tunnel = tunnel
        self.pattern = pattern
        self.text = text
        self.options = options
        self.file = file
        self.line = line
        self.column = column
    }
}

/// What a rule matches, in the order in which kinds win.
package enum Pattern: Hashable, Sendable {
    /// `=name`: exactly this name.
    case exact(Name)
    /// `name`: this name and all below it.
    case suffix(Name)
    /// `*.name`: only what is below it.
    case below(Name)
    /// `/regex/`: searched in the name's text, lower case, without the final dot.
    case regex(String)
    /// `~keyword`: contained in that text.
    case keyword(String)
    /// `10.20.0.0/16`: traffic, and the reverse zone's names.
    case network(Network)
}

extension Pattern {
    /// As a native rule writes it.
    package var text: String {
        switch self {
        case .exact(let name): "=\(name)"
        case .suffix(let name): "\(name)"
        case .below(let name): "*.\(name)"
        case .regex(let source): "/\(source)/"
        case .keyword(let keyword): "~\(keyword)"
        case .network(let network): "\(network)"
        }
    }
}
