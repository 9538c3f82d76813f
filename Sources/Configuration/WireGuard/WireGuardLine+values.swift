// SPDX-License-Identifier: MIT
import Wire

/// Values of a wg-quick file. Each reader reports what it cannot read.
extension WireGuardLine.Piece {
    func readKey(_ name: String, _ findings: inout Findings) -> WireGuardKey? {
        guard let key = WireGuardKey(text) else {
            let count = text.unicodeScalars.count
            findings.error(
                place, "\(name) is no key: 32 bytes in base64, 44 characters with \"=\" at the end",
                hint: count == 44 ? nil : "it has \(count) characters")
            return nil
        }
        if key.isZero, name != "PresharedKey" {
            findings.error(place, "\(name) is all zeros, which means that there is none")
            return nil
        }
        return key
    }

    func readNumber(_ name: String, in range: ClosedRange<Int>, _ findings: inout Findings) -> Int? {
        guard text.utf8.allSatisfy(\.isDigit), let number = Int(text), range.contains(number) else {
            findings.error(place, "\(name) is to be a number from \(range.lowerBound) to \(range.upperBound)\(found)")
            return nil
        }
        return number
    }

    /// As `wg` reads it: `off`, decimal, or hexadecimal with 0x.
    func checkMark(_ name: String, _ findings: inout Findings) {
        let text = text.folded
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        let isNumber = digits.utf8.allSatisfy { $0.isDigit || text.hasPrefix("0x") && (97...102).contains($0) }
        guard text != "off", !isNumber || UInt32(digits, radix: text.hasPrefix("0x") ? 16 : 10) == nil else { return }
        findings.error(place, "\(name) is to be off or a number of 32 bits\(found)")
    }

    func readAddresses(into addresses: inout [WireGuardFile.InterfaceAddress], _ findings: inout Findings) {
        if words.isEmpty { findings.error(place, "Address has no value") }
        for word in words {
            guard let address = word.readAddress(&findings) else { continue }
            // Of IPv6 the kernel has an address once, whatever its prefix.
            if addresses.contains(where: { $0 == address || $0.address == address.address && address.address.family == .v6 }) {
                findings.error(word.place, "\(address.address) is listed twice")
            } else {
                addresses.append(address)
            }
        }
    }

    private func readAddress(_ findings: inout Findings) -> WireGuardFile.InterfaceAddress? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = halves.first, let address = IPAddress(first), let network = Network(text) else {
            findings.error(place, "expected an address with its prefix, such as 10.64.1.2/32\(found)")
            return nil
        }
        // ip(8) reads /010 as octal.
        guard halves.count == 1 || halves[1] == "\(network.length)" else {
            findings.error(place, "expected an address with its prefix, such as \(address)/\(network.length)\(found)")
            return nil
        }
        switch AddressRange(of: address) {
        case .unspecified, .thisNetwork, .multicast, .broadcast:
            findings.error(place, "\(address) cannot be an interface's address")
            return nil
        case .other where address.isLoopback:
            findings.error(place, "\(address) cannot be this interface's address")
            return nil
        case .reserved, .documentation, .linkLocal, .other: break
        }
        return WireGuardFile.InterfaceAddress(address: address, length: network.length)
    }

    func readResolvers(into file: inout WireGuardFile, _ findings: inout Findings) {
        if words.isEmpty { findings.error(place, "DNS has no value") }
        for word in words {
            if let address = IPAddress(word.text) {
                if let server = word.readResolver(address, &findings) { file.dns.append(server) }
            } else if word.looksLikeAddress {
                findings.error(word.place, "expected a resolver's address, without port\(word.found)")
            } else if let name = word.searchDomain {
                file.searchDomains.append(name)
            } else {
                findings.error(word.place, "neither a resolver's address nor a search domain\(word.found)")
            }
        }
    }

    private func readResolver(_ address: IPAddress, _ findings: inout Findings) -> ServerAddress? {
        switch AddressRange(of: address) {
        case .unspecified, .thisNetwork, .multicast, .broadcast:
            findings.error(place, "\(address) is no resolver's address")
            return nil
        case .linkLocal:
            findings.error(place, "\(address) exists on every link, and DNS = cannot name the interface")
            return nil
        case .reserved, .documentation, .other: return ServerAddress(address)
        }
    }

    /// To `wg-quick` it is one; all else is a search domain.
    private var looksLikeAddress: Bool {
        text.utf8.contains(UInt8(ascii: ":")) || text.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
    }

    /// Without the `~` that makes it one of systemd-resolved's routing domains.
    private var searchDomain: Name? {
        let bare = text.hasPrefix("~") ? text.dropFirst() : text[...]
        guard bare.unicodeScalars.allSatisfy({ $0.isBareKey || $0 == "." }), let name = Name(bare), !name.isRoot else { return nil }
        return name
    }

    func readNetworks(_ findings: inout Findings) -> [(Network, Place)] {
        parts.compactMap { part in
            guard let network = Network(part.text) else {
                findings.error(part.place, "expected a network, such as 0.0.0.0/0 or 10.20.0.0/16\(part.found)")
                return nil
            }
            return (network, part.place)
        }
    }

    func readEndpoint(_ findings: inout Findings) -> PeerEndpoint? {
        let read: PeerEndpoint
        do throws(PeerEndpoint.Fault) {
            read = try PeerEndpoint.read(text)
        } catch {
            report(error, &findings)
            return nil
        }
        guard case .address(let endpoint) = read else { return read }
        switch AddressRange(of: endpoint.address) {
        case .unspecified, .thisNetwork, .multicast, .broadcast:
            findings.error(place, "\(endpoint.address) cannot be a peer's address")
            return nil
        case .linkLocal where endpoint.zone == nil:
            findings.error(
                place, "\(endpoint.address) exists on every link", hint: "name the interface: [\(endpoint.address)%eth0]:\(endpoint.port)")
            return nil
        case .reserved, .documentation, .linkLocal, .other: return read
        }
    }

    private func report(_ fault: PeerEndpoint.Fault, _ findings: inout Findings) {
        let example = "such as 192.0.2.1:51820, [2001:db8::1]:51820 or vpn.example:51820"
        let (what, hint) =
            switch fault {
            case .noPort: ("expected a port, too\(found)", example)
            case .badPort: ("the port is to be a number from 1 to 65535\(found)", example)
            case .noBrackets: ("expected an IPv6 address in brackets\(found)", example)
            case .oneLabel: ("the name is to be a full one: no search list is used for it\(found)", example)
            case .notASCII: ("the name has letters beyond ASCII\(found)", "write it as the DNS has it, with xn--")
            case .neither: ("expected an address or a name, and a port\(found)", example)
            }
        findings.error(place, what, hint: hint)
    }

    /// Nothing as long as a key is repeated in a message: it may be one that stands at the wrong place.
    private var found: String { text.utf8.count < 40 ? ", found \(quoted(text))" : "" }
}
