// SPDX-License-Identifier: MIT
import Wire

/// Why no address is had for an endpoint's name.
package enum EndpointFailure: Hashable, Sendable {
    /// Nobody is known who could be asked in the clear.
    case noServer
    case silence
    case code(ResponseCode, from: ServerAddress)
    /// The name is there, with no address of a family that this machine has a way for.
    case noAddress(from: ServerAddress)
    case refused(IPAddress, EndpointRefusal, from: ServerAddress)
}

/// Why an address cannot be a tunnel's endpoint, whoever says so: by a false answer traffic would go where it must not.
package enum EndpointRefusal: String, Hashable, Sendable, CaseIterable {
    case unusable = "nobody's"
    case isPrivate = "private"
    case own = "this machine's own, or its gateway's"
    case resolver = "a name server's"
    /// In a `tunnel` network, or owed to a `tunnel` name: the tunnel would carry itself, or that name's traffic would go outside.
    case steered = "one that rules send into the tunnel"
}

extension EndpointFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noServer: "no server is known that could be asked"
        case .silence: "nobody answers"
        case .code(let code, let server): "\(server) says \(code)"
        case .noAddress(let server): "\(server) knows no address of it that can be reached from here"
        case .refused(let address, let why, let server): "\(server) says \(address), which is \(why.rawValue): refused"
        }
    }
}

/// What the search for endpoints needs to know of the world.
package struct EndpointWorld {
    /// Who is asked, one after the other. Encrypted ones are passed over.
    package var servers: [ServerAddress]
    /// Those that have a way outside; none: that is not known.
    package var families: Set<IPAddress.Family>
    /// Why an address cannot be an endpoint; nil: it can.
    package var refusal: (IPAddress) -> EndpointRefusal?

    package init(servers: [ServerAddress], families: Set<IPAddress.Family>, refusal: @escaping (IPAddress) -> EndpointRefusal?) {
        self.servers = servers.filter { !$0.isSecure }
        self.families = families
        self.refusal = refusal
    }

    /// IPv4 first.
    var preference: [IPAddress.Family] { IPAddress.Family.allCases.filter { families.isEmpty || families.contains($0) } }
}
