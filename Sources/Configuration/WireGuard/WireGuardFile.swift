// SPDX-License-Identifier: MIT
import Rules
import Wire

/// What a wg-quick file says of a tunnel, as far as it is ours to do (wg-quick(8), wg(8) "CONFIGURATION FILE FORMAT").
package struct WireGuardFile: Hashable, Sendable {
    /// `Address =`: an address of the device, and the length of its on-link prefix.
    package struct InterfaceAddress: Hashable, Sendable, CustomStringConvertible {
        package let address: IPAddress
        /// 0...32 or 0...128.
        package let length: Int

        package var network: Network? { Network(address, length: length) }
        package var description: String { "\(address)/\(length)" }
    }

    package struct Peer: Hashable, Sendable {
        package var publicKey: WireGuardKey
        package var presharedKey: WireGuardKey?
        /// Nil: the peer calls us.
        package var endpoint: PeerEndpoint?
        /// What it may send, and what is sent to it.
        package var allowedIPs: [Network] = []
        /// In seconds, 1...65535; nil: off.
        package var persistentKeepalive: Int?
    }

    /// The file as it was named to us.
    package let name: String
    /// Nil only if the file has errors.
    package var privateKey: WireGuardKey?
    /// Nil: the kernel chooses.
    package var listenPort: UInt16?
    package var addresses: [InterfaceAddress] = []
    /// `DNS =`: the tunnel's own resolvers, at port 53.
    package var dns: [ServerAddress] = []
    /// `DNS =`: what is no address there. Nothing is done with it.
    package var searchDomains: [Name] = []
    /// In bytes; nil: the usual one of the device.
    package var mtu: Int?
    package var peers: [Peer] = []
    /// Where keys stand: `privatekey`, `peer[0].publickey`, `peer[0].endpoint`.
    package var places: Places

    init(name: String) {
        self.name = name
        places = Places(file: name)
    }

    /// Endpoints to be looked up, each once.
    package var endpointNames: [Name] {
        var names: [Name] = []
        for name in peers.compactMap({ $0.endpoint?.name }) where !names.contains(name) { names.append(name) }
        return names
    }

    /// The tunnel's own addresses: its device's and its resolvers'. A custom server that is one of them counts as Default DNS (MATRIX.md).
    package var ownAddresses: Set<IPAddress> { Set(addresses.map(\.address) + dns.map(\.address)) }

    /// Whether a peer takes packets to `address`.
    package func reaches(_ address: IPAddress) -> Bool {
        peers.contains { $0.allowedIPs.contains { $0.contains(address) } }
    }

    /// The name of the device that wg-quick would make from the file at `path`: the file's name without `.conf`.
    /// Nil when that is no name of 1 to 15 letters, digits and `_=+.-`.
    package static func deviceName(of path: String) -> String? {
        let file = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard file.hasSuffix(".conf") else { return nil }
        let name = file.dropLast(5)
        let isName =
            (1...15).contains(name.utf8.count) && name != "." && name != ".."
            && name.unicodeScalars.allSatisfy { $0.isBareKey || "=+.".unicodeScalars.contains($0) }
        return isName ? String(name) : nil
    }

    /// Reads a wg-quick file: all problems at once. It may be used only if no problem is an error. No problem's text holds key material.
    ///
    /// - Parameter peersAreNodes: whether one peer at a time is active, so that each may have the same AllowedIPs (`nodes = "peers"`).
    package static func read(
        _ bytes: [UInt8], file: String, peersAreNodes: Bool = false
    ) -> (file: WireGuardFile, problems: [Problem]) {
        var reader = WireGuardReader(file: file, peersAreNodes: peersAreNodes)
        reader.read(bytes)
        return (reader.result, reader.findings.sorted)
    }
}

extension WireGuardFile {
    /// Seconds between two keepalives of a peer that waits to be used, where the file says none: as wg(8) recommends.
    private static let warmth = 25

    /// What `wg setconf` is given: keys, port and peers; no `FwMark`, which we set ourselves. **Holds the private key.**
    /// - Parameters:
    ///   - known: what names have been found to be. A peer whose name is not among them gets no endpoint.
    ///   - active: the place of the only peer with AllowedIPs; the others are only kept warm. Nil: all are peers as the file has them.
    package func setconf(_ known: [Name: IPAddress] = [:], active: Int? = nil) -> String {
        var lines = ["[Interface]"]
        if let privateKey { lines.append("PrivateKey = \(privateKey.base64)") }
        if let listenPort { lines.append("ListenPort = \(listenPort)") }
        for (place, peer) in peers.enumerated() {
            lines += ["", "[Peer]", "PublicKey = \(peer.publicKey.base64)"]
            if let key = peer.presharedKey { lines.append("PresharedKey = \(key.base64)") }
            if !peer.allowedIPs.isEmpty, active == nil || active == place {
                lines.append("AllowedIPs = " + peer.allowedIPs.map(\.description).joined(separator: ", "))
            }
            if let endpoint = peer.endpoint?.resolved(known) { lines.append("Endpoint = \(endpoint)") }
            if let seconds = peer.persistentKeepalive ?? (active == nil ? nil : Self.warmth) {
                lines.append("PersistentKeepalive = \(seconds)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
