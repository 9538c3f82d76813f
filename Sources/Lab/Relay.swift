// SPDX-License-Identifier: MIT

/// A WireGuard server, and what its one client, the host, is told about it.
struct Relay {
    let place: Place
    let device: String
    /// The server's addresses inside the tunnel; the first is also its resolver's.
    let addresses: [String]
    /// Where it is reached from outside.
    let endpoint: String
    let client: Client

    struct Client {
        /// Also the name of the file under /etc/wireguard.
        let device: String
        let addresses: [String]
        /// AllowedIPs.
        let networks: [String]
    }

    static let port = 51820

    var resolver: String { String(addresses[0].prefix { $0 != "/" }) }

    /// For `wg setconf` at the relay.
    func serverFile(own: WireGuardKey, client peer: WireGuardKey) -> String {
        """
        [Interface]
        PrivateKey = \(own.secret)
        ListenPort = \(Self.port)

        [Peer]
        PublicKey = \(peer.open)
        AllowedIPs = \(client.addresses.joined(separator: ", "))

        """
    }

    /// The wg-quick file on the host.
    func clientFile(own: WireGuardKey, server: WireGuardKey) -> String {
        """
        # Written by `sluice lab`; \(place.rawValue) lives as long as it.
        [Interface]
        PrivateKey = \(own.secret)
        Address = \(client.addresses.joined(separator: ", "))
        DNS = \(resolver)

        [Peer]
        PublicKey = \(server.open)
        Endpoint = \(endpoint):\(Self.port)
        AllowedIPs = \(client.networks.joined(separator: ", "))
        PersistentKeepalive = 5

        """
    }

    /// What comes out of the tunnel leaves the relay under the relay's own address.
    static let masquerade = """
        table inet lab {
            chain postrouting {
                type nat hook postrouting priority srcnat
                oifname "eth0" masquerade
            }
        }

        """
}

/// A Curve25519 key pair, both halves in base64 as `wg` writes them.
struct WireGuardKey {
    let secret: String
    let open: String
}
