// SPDX-License-Identifier: MIT
import Wire

/// A `[Peer]` section while it is being read.
struct WireGuardPeerDraft {
    let place: Place
    var hasErrors = false
    private var publicKey: WireGuardKey?
    private var presharedKey: WireGuardKey?
    private var endpoint: Endpoint?
    private var allowedIPs: [Network] = []
    private var persistentKeepalive: Int?

    init(place: Place) { self.place = place }

    mutating func read(_ key: String, _ value: WireGuardLine.Piece, _ findings: inout Findings) {
        switch key {
        case "PublicKey":
            publicKey = value.readKey(key, &findings)
            hasErrors = hasErrors || publicKey == nil
        case "PresharedKey": presharedKey = value.readKey(key, &findings)
        case "AllowedIPs": allowedIPs += value.text.isEmpty ? [] : value.readNetworks(&findings)
        case "Endpoint": endpoint = value.readEndpoint(&findings)
        default:
            if value.text.lowercased() != "off" {
                persistentKeepalive = value.readNumber(key, in: 0...65535, &findings).flatMap { $0 == 0 ? nil : $0 }
            }
        }
    }

    /// Nil, and reported, when there is no public key.
    func finish(_ findings: inout Findings) -> WireGuardFile.Peer? {
        guard let publicKey else {
            if !hasErrors { findings.error(place, "this [Peer] has no PublicKey") }
            return nil
        }
        if allowedIPs.isEmpty { findings.warning(place, "this [Peer] has no AllowedIPs: nothing is ever sent to it") }
        return WireGuardFile.Peer(
            publicKey: publicKey, presharedKey: presharedKey, endpoint: endpoint, allowedIPs: allowedIPs,
            persistentKeepalive: persistentKeepalive)
    }
}
