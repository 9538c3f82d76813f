// SPDX-License-Identifier: MIT
import HostDNS
import Wire

/// Where questions can be sent.
package struct Place: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    package let port: UInt16

    package init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    package var description: String { ServerAddress(address, port: port).description }
}

extension PortHolder {
    package var place: Place { Place(address, port) }

    /// Whether it takes packets to this place: it listens there, or everywhere.
    func takes(_ other: Place) -> Bool {
        guard port == other.port else { return false }
        if address == other.address { return true }
        // Of an IPv6 socket it cannot be seen whether it takes IPv4 too; most do.
        return address.isUnspecified && (address.family == other.address.family || address.family == .v6)
    }
}

extension PortHolder.Process {
    /// `dnsmasq (pid 7)`
    var text: String { "\(name) (pid \(id))" }
}
