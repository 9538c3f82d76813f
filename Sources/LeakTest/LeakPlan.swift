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
    /// What the machine is like while this is asked: `connected, default, mobile`. For reports.
    package var situation = ""
    /// The groups that apps of a class are in; nil: only cells of normal apps can be asked.
    package var groups: AppGroups?
    /// Packets that must be seen where a cell expects some.
    package var leastPackets = 1

    package init(listener: ServerAddress, tunnelLinks: Set<String>, cells: [Cell], controls: [Control], cgnatIsPrivate: Bool = false) {
        self.listener = listener
        self.tunnelLinks = tunnelLinks
        self.cells = cells
        self.controls = controls
        self.cgnatIsPrivate = cgnatIsPrivate
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
    /// On tunnel links or nowhere: what holds while nobody is there to decide.
    case notOutside = "not-outside"
}

/// Types a cell can ask for; the raw value is the number on the wire.
package enum QueryType: UInt16, Hashable, Sendable, CaseIterable {
    case a = 1
    case ptr = 12
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
