// SPDX-License-Identifier: MIT
import Wire

/// Values of a wg-quick file. Each reader reports what it cannot read.
extension WireGuardLine.Piece {
    func readKey(_ name: String, _ findings: inout Findings) -> WireGuardKey? {
        let key = WireGuardKey(text)
        if key == nil {
            let count = text.unicodeScalars.count
            findings.error(
                place, "\(name) is no key: 32 bytes in base64, 44 characters with \"=\" at the end",
                hint: count == 44 ? nil : "it has \(count) characters")
        }
        return key
    }

    func readNumber(_ name: String, in range: ClosedRange<Int>, _ findings: inout Findings) -> Int? {
        guard let number = Int(text), range.contains(number) else {
            findings.error(place, "\(name) is to be a number from \(range.lowerBound) to \(range.upperBound)\(found)")
            return nil
        }
        return number
    }

    func readAddresses(_ findings: inout Findings) -> [WireGuardFile.InterfaceAddress] {
        parts.compactMap { part in
            let halves = part.text.split(separator: "/", omittingEmptySubsequences: false)
            guard let first = halves.first, let address = IPAddress(first), let network = Network(part.text) else {
                findings.error(part.place, "expected an address with its prefix, such as 10.64.1.2/32\(part.found)")
                return nil
            }
            switch AddressRange(of: address) {
            case .unspecified, .thisNetwork, .multicast, .broadcast:
                findings.error(part.place, "\(address) cannot be an interface's address")
                return nil
            case .reserved, .documentation, .linkLocal, .other: break
            }
            return WireGuardFile.InterfaceAddress(address: address, length: network.length)
        }
    }

    /// As wg-quick does, what is no address is a search domain.
    func readResolvers(_ findings: inout Findings) -> [ServerAddress] {
        parts.compactMap { part in
            if let address = IPAddress(part.text) {
                switch AddressRange(of: address) {
                case .unspecified, .thisNetwork, .multicast, .broadcast:
                    findings.error(part.place, "\(address) is no resolver's address")
                    return nil
                case .linkLocal:
                    findings.error(part.place, "\(address) exists on every link, and DNS = cannot name the interface")
                    return nil
                case .reserved, .documentation, .other: return ServerAddress(address)
                }
            }
            let looksLikeAddress = part.text.isEmpty || part.text.contains(":") || part.text.allSatisfy { "0123456789.".contains($0) }
            if looksLikeAddress {
                findings.error(part.place, "expected a resolver's address, without port\(part.found)")
            } else {
                findings.warning(part.place, "search domains are ignored\(part.found)")
            }
            return nil
        }
    }

    func readNetworks(_ findings: inout Findings) -> [Network] {
        parts.compactMap { part in
            guard let network = Network(part.text) else {
                findings.error(part.place, "expected a network, such as 0.0.0.0/0 or 10.20.0.0/16\(part.found)")
                return nil
            }
            return network
        }
    }

    func readEndpoint(_ findings: inout Findings) -> Endpoint? {
        guard let endpoint = Endpoint(text) else {
            let host = text.split(separator: ":").first ?? ""
            let isName = host.unicodeScalars.contains { $0.properties.isAlphabetic } && text.utf8.count { $0 == UInt8(ascii: ":") } <= 1
            if isName, !text.hasPrefix("[") {
                findings.error(place, "not yet: an endpoint's name needs a lookup\(found)", hint: "write its address: 192.0.2.1:51820")
            } else {
                findings.error(place, "expected an address and a port\(found)", hint: "such as 192.0.2.1:51820 or [2001:db8::1]:51820")
            }
            return nil
        }
        switch AddressRange(of: endpoint.address) {
        case .unspecified, .thisNetwork, .multicast, .broadcast:
            findings.error(place, "\(endpoint.address) cannot be a peer's address")
            return nil
        case .linkLocal where endpoint.zone == nil:
            findings.error(
                place, "\(endpoint.address) exists on every link", hint: "name the interface: [\(endpoint.address)%eth0]:\(endpoint.port)")
            return nil
        case .reserved, .documentation, .linkLocal, .other: return endpoint
        }
    }

    /// Nothing as long as a key is repeated in a message: it may be one that stands at the wrong place.
    private var found: String { text.utf8.count < 40 ? ", found \(quoted(text))" : "" }
}
