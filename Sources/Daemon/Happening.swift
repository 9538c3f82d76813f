// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Something that changed while the daemon ran, for `monitor`.
package struct Happening: Codable, Sendable, Equatable {
    package enum Event: String, Codable, Sendable {
        /// The first line: what is now.
        case monitor
        /// The state that the matrix sees.
        case state
        /// One tunnel's own state, or its device.
        case tunnel
        /// One tunnel answers otherwise than before, or at all: with all that is known of it.
        case node
        /// Where a peer is that is given by name, or why that is not known.
        case endpoint
        /// The default gateways, or the system's servers.
        case gateway, servers
        /// Main's routes, copied to the table of what goes outside.
        case route
        /// Something of ours was found changed by others, and put back.
        case repair
        /// Configuration and rules were read again: what is new, or why it was not taken.
        case reload
        /// Addresses left out of an answer, or in conflict.
        case guarded = "guard", rebinding, conflict
        /// An included list that is not taken as it is on disk, or is again.
        case list
        /// /etc/resolv.conf.
        case resolvConf = "resolv-conf"
    }

    /// Seconds since 1970.
    package let time: Double
    package let event: Event
    package let text: String
    /// Of `node`.
    package let tunnel: StatusReport.Tunnel?

    init(_ event: Event, _ text: String, _ tunnel: StatusReport.Tunnel? = nil) {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        time = (Double(now.tv_sec) * 1000 + Double(now.tv_nsec / 1_000_000)) / 1000
        self.event = event
        self.text = text
        self.tunnel = tunnel
    }

    init(_ tunnel: StatusReport.Tunnel) { self.init(.node, "\(tunnel.name) \(tunnel.condition)", tunnel) }
}
