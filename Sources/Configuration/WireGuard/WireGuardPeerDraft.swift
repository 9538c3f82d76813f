// SPDX-License-Identifier: MIT
import Wire

/// A `[Peer]` section while it is being read.
struct WireGuardPeerDraft {
    let place: Place
    var hasErrors = false
    private(set) var keyPlace: Place?
    private(set) var endpointPlace: Place?
    private(set) var networks: [(Network, Place)] = []
    private var publicKey: WireGuardKey?
    private var presharedKey: WireGuardKey?
    private var endpoint: PeerEndpoint?
    private var persistentKeepalive: Int?

    init(place: Place) { self.place = place }

    mutating func read(_ key: String, _ value: WireGuardLine.Piece, _ findings: inout Findings) {
        switch key {
        case "PublicKey":
            publicKey = value.readKey(key, &findings)
            keyPlace = value.place
            hasErrors = hasErrors || publicKey == nil
        case "PresharedKey":
            // All zeros are none (wg(8)).
            presharedKey = value.readKey(key, &findings).flatMap { $0.isZero ? nil : $0 }
        case "AllowedIPs": networks += value.readNetworks(&findings)
        case "Endpoint":
            endpoint = value.readEndpoint(&findings)
            endpointPlace = value.place
        default:
            if value.text.folded != "off" {
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
        var allowedIPs: [Network] = []
        for (network, _) in networks where !allowedIPs.contains(network) { allowedIPs.append(network) }
        if networks.isEmpty { findings.warning(place, "this [Peer] has no AllowedIPs: nothing is ever sent to it") }
        return WireGuardFile.Peer(
            publicKey: publicKey, presharedKey: presharedKey, endpoint: endpoint, allowedIPs: allowedIPs,
            persistentKeepalive: persistentKeepalive)
    }
}
