// SPDX-License-Identifier: MIT
package import Wire

/// What a leak test asks and what it expects: the listener under test, which links are tunnels, the cells and the positive controls.
package struct LeakPlan: Sendable {
    /// Where the cells' questions are asked; a plain server, usually 127.0.0.53:53.
    package var listener: ServerAddress
    /// Names of the tunnel devices. Every other link is outside, `lo` excepted, which is never judged.
    package var tunnelLinks: Set<String>
    package var cells: [Cell]
    package var controls: [Control]
    /// Whether 100.64.0.0/10 counts as private in a `lan` cell (`cgnat = "lan"` of the configuration).
    package var cgnatIsPrivate: Bool

    package init(listener: ServerAddress, tunnelLinks: Set<String>, cells: [Cell], controls: [Control], cgnatIsPrivate: Bool = false) {
        self.listener = listener
        self.tunnelLinks = tunnelLinks
        self.cells = cells
        self.controls = controls
        self.cgnatIsPrivate = cgnatIsPrivate
    }
}

/// One row of the test: names under a suffix, and the way their lookups must take.
package struct Cell: Sendable {
    /// What stands before the names.
    package enum Place: Hashable, Sendable {
        /// A random label and this suffix, as text without the last dot: `corp.example`. Empty: the random label alone, a single-label name.
        case below(String)
        /// A rule for exactly this name. No random label can mark its packets as ours, so such a cell is reported as left out.
        case exactly(String)
    }

    /// For people: `tunnel corp.example (lab.rules:2)`.
    package var label: String
    package var place: Place
    package var expected: Expectation
    package var types: [QueryType]
    package var transports: [Transport]

    package init(
        label: String, place: Place, expected: Expectation, types: [QueryType] = [.a, .aaaa], transports: [Transport] = Transport.allCases
    ) {
        self.label = label
        self.place = place
        self.expected = expected
        self.types = types
        self.transports = transports
    }
}

/// Where the packets of a cell may be seen. `lo` is reported and never judged: clients talk to the listener there.
package enum Expectation: String, Hashable, Sendable, Encodable, CaseIterable {
    /// On tunnel links only, at least one packet.
    case tunnel
    /// On links that are no tunnel only, at least one packet.
    case outside
    /// As `outside`, and between this machine and private addresses only.
    case lan
    /// Refused, blocked or answered here: no packet on any link.
    case nothing
}

/// Types a cell can ask for; the raw value is the number on the wire.
package enum QueryType: UInt16, Hashable, Sendable, CaseIterable {
    case a = 1
    case mx = 15
    case txt = 16
    case aaaa = 28
    case svcb = 64
    case https = 65
}

package enum Transport: String, Hashable, Sendable, Encodable, CaseIterable { case udp, tcp }

/// A positive control: the test itself sends a random name on a path and must see it there, or its eyes prove nothing.
package struct Control: Sendable {
    /// Which links the control must be seen on.
    package enum Side: String, Hashable, Sendable, Encodable {
        case tunnel
        case outside
    }

    /// A plain server on that path.
    package var server: ServerAddress
    /// The packet mark of the path (SO_MARK); 0: none is set.
    package var mark: UInt32
    package var side: Side

    package init(server: ServerAddress, mark: UInt32, side: Side) {
        self.server = server
        self.mark = mark
        self.side = side
    }
}
