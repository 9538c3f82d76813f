// SPDX-License-Identifier: MIT
import Wire

/// A socket that waits for questions.
package struct PortHolder: Hashable, Sendable {
    package struct Place: Hashable, Sendable {
        package let address: IPAddress
        package let port: UInt16

        package init(_ address: IPAddress, _ port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    package enum Transport: String, Hashable, Sendable { case udp, tcp }

    package let place: Place
    package let transport: Transport
    /// Nil: of a process that this user may not see.
    package var process: Process?

    package struct Process: Hashable, Sendable {
        package let pid: Int32
        package let name: String

        package init(pid: Int32, name: String) {
            self.pid = pid
            self.name = name
        }
    }

    package init(_ place: Place, _ transport: Transport, process: Process? = nil) {
        self.place = place
        self.transport = transport
        self.process = process
    }

    /// Whether it takes packets to this place: it listens there, or everywhere.
    func takes(_ other: Place) -> Bool {
        guard place.port == other.port else { return false }
        if place.address == other.address { return true }
        // Of an IPv6 socket it cannot be seen whether it takes IPv4 too; most do.
        return place.address.isUnspecified && (place.address.family == other.address.family || place.address.family == .v6)
    }
}

extension PortHolder.Process: CustomStringConvertible {
    package var description: String { "\(name) (pid \(pid))" }
}

extension PortHolder.Place: CustomStringConvertible {
    package var description: String { ServerAddress(address, port: port).description }
}
