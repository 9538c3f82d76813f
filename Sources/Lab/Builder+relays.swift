// SPDX-License-Identifier: MIT

extension Builder {
    /// WireGuard at both relays with fresh keys, the files for the host's side, and the relays' masquerading.
    func makeRelayDevices() throws(LabError) {
        try Files.makeFolder("/etc/wireguard", mode: 0o700)
        let masquerade = "\(Folders.lab)/masquerade.nft"
        try Files.write(Relay.masquerade, to: masquerade)
        for relay in topology.relays {
            let (server, client) = (try makeKey(), try makeKey())
            let settings = "\(Folders.lab)/\(relay.device).conf"
            try Files.write(relay.serverFile(own: server, client: client), to: settings, mode: 0o600)
            try Files.write(relay.clientFile(own: client, server: server), to: "/etc/wireguard/\(relay.client.device).conf", mode: 0o600)
            try relay.place.inside { () throws(LabError) in
                try makeDevice(relay.device, settings: settings)
                try Tools.run([tools.nft, "-f", masquerade])
            }
        }
    }

    /// The kernel's own WireGuard; where it has none, wireguard-go, which returns when the device is there.
    private func makeDevice(_ name: String, settings: String) throws(LabError) {
        if try Tools.attempt([tools.ip, "link", "add", name, "type", "wireguard"]).ending == .exited(0) {
            try Tools.run([tools.wg, "setconf", name, settings])
            return
        }
        guard let userspace = tools.wireguardGo else { throw .missing(tool: "wireguard-go", package: "wireguard-go") }
        // `wg` finds userspace devices by their sockets, whatever the network: the host is not to see the relays' ones among its own.
        let script = "mount -t tmpfs tmpfs /run/wireguard && \"$1\" \"$3\" && \"$2\" setconf \"$3\" \"$4\""
        try Tools.run([tools.unshare, "--mount", "/bin/sh", "-c", script, "sh", userspace, tools.wg, name, settings])
    }

    private func makeKey() throws(LabError) -> WireGuardKey {
        let file = "\(Folders.lab)/.key"
        let secret = try Tools.run([tools.wg, "genkey"])
        try Files.write(secret, to: file, mode: 0o600)
        let open = try Tools.run([tools.wg, "pubkey"], input: file)
        try Files.remove(file)
        return WireGuardKey(secret: String(secret.prefix { $0 != "\n" }), open: String(open.prefix { $0 != "\n" }))
    }
}
