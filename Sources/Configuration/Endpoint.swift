// SPDX-License-Identifier: MIT
import Wire

/// An address and a port: where we listen, where a WireGuard peer is.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    /// Never 0.
    package let port: UInt16
    /// The interface a link-local address belongs to; nil for every other address.
    package let zone: String?

    package init(_ address: IPAddress, port: UInt16, zone: String? = nil) {
        self.address = address
        self.port = port
        self.zone = zone
    }

    /// Reads `127.0.0.53:53`, `[::1]:53`, and without a port if there is one to assume. Nil when it is none of them.
    package init?(_ text: some StringProtocol, assuming port: UInt16? = nil) {
        guard let server = ServerAddress(text), case .plain = server.scheme else { return nil }
        let hasPort = text.hasPrefix("[") ? text.contains("]:") : server.address.family == .v4 && text.contains(":")
        // ::ffff:10.0.0.1 has colons and reads as IPv4, but has no port.
        let isMapped = !text.hasPrefix("[") && text.utf8.count { $0 == UInt8(ascii: ":") } > 1
        guard hasPort && !isMapped || port != nil else { return nil }
        self.init(server.address, port: hasPort && !isMapped ? server.port : port ?? server.port, zone: server.zone)
    }

    /// As it stands in the configuration, always with the port, IPv6 in brackets.
    package var description: String { "\(ServerAddress(address, port: port, zone: zone))" }
}
