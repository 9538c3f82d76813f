// SPDX-License-Identifier: MIT
import Wire

/// `Endpoint =` of a peer: where it is, or the name by which that is to be found out.
package enum PeerEndpoint: Hashable, Sendable, CustomStringConvertible {
    case address(Endpoint)
    /// To be looked up by us, as it stands: no search list, no hosts file. The port is never 0.
    case name(Name, port: UInt16)

    package var name: Name? {
        switch self {
        case .address: nil
        case .name(let name, _): name
        }
    }

    /// - Parameter known: what names have been found to be.
    /// - Returns: nil for a name that is not known yet.
    package func resolved(_ known: [Name: IPAddress]) -> Endpoint? {
        switch self {
        case .address(let endpoint): endpoint
        case .name(let name, let port): known[name].map { Endpoint($0, port: port) }
        }
    }

    /// As it stands in the file, always with the port.
    package var description: String {
        switch self {
        case .address(let endpoint): endpoint.description
        case .name(let name, let port): "\(name):\(port)"
        }
    }
}

extension PeerEndpoint {
    /// Why a text is none.
    enum Fault: Error {
        case noPort
        case badPort
        /// IPv6 without brackets: which of its groups were the port?
        case noBrackets
        /// One label: `wg` would try it with the machine's search list.
        case oneLabel
        /// Letters beyond ASCII: they go by another name in the DNS.
        case notASCII
        /// Neither an address nor a name.
        case neither
    }

    /// Reads `192.0.2.1:51820`, `[2001:db8::1]:51820` and `vpn.example:51820`.
    static func read(_ text: String) throws(Fault) -> PeerEndpoint {
        if let endpoint = Endpoint(text) { return .address(endpoint) }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        if IPAddress(text) != nil { throw .noPort }
        guard !text.hasPrefix("[") else { throw text.hasSuffix("]") ? .noPort : .neither }
        guard colons < 2 else { throw .noBrackets }
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = halves.first, !host.isEmpty else { throw .neither }
        guard halves.count == 2, !halves[1].isEmpty else { throw .noPort }
        guard let port = UInt16(halves[1]), port != 0, halves[1].utf8.allSatisfy(\.isDigit) else { throw .badPort }
        return .name(try name(host), port: port)
    }

    private static func name(_ host: Substring) throws(Fault) -> Name {
        guard host.utf8.allSatisfy({ $0 < 128 }) else { throw .notASCII }
        let labels = (host.hasSuffix(".") ? host.dropLast() : host).split(separator: ".", omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy { label in
            !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-") && label.unicodeScalars.allSatisfy(\.isBareKey)
        }
        // Of digits alone the last one is: an address of fewer than four parts, or one that is wrong.
        guard areLabels, let last = labels.last, !last.utf8.allSatisfy(\.isDigit), !last.lowercased().hasPrefix("0x"), let name = Name(host)
        else { throw .neither }
        guard labels.count > 1 else { throw .oneLabel }
        return name
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
