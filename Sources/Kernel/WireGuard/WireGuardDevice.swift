// SPDX-License-Identifier: MIT
import Glibc
import Policy
import Wire

/// A WireGuard device that we bring up: of the kernel, or of a program where the kernel has none: wireguard-go, or the one that wg-quick would take
/// (`WG_QUICK_USERSPACE_IMPLEMENTATION`).
package struct WireGuardDevice: Hashable, Sendable {
    package let name: String
    /// The interface's index, as long as the device lives.
    package let index: UInt32
    /// The addresses that it was given: without IPv6 on this machine, those of IPv4.
    package let addresses: Set<IPAddress>

    /// Makes the device, or takes over the one of this name that a former run left, and brings it up as the setup says.
    ///
    /// Its own packets carry the mark of the outside path. Main gets no route.
    /// Errors: `call` with EEXIST when something else has the name; `program` with the words of `wg`.
    package static func bringUp(_ setup: WireGuardSetup, _ routes: inout RouteSocket) throws(KernelError) -> WireGuardDevice {
        let (link, isNew) = try adoptOrCreate(setup.name, &routes)
        // With the mark in the same step: no packet of the device goes without.
        let marked = "[Interface]\nFwMark = \(Path.outside.mark)\n" + setup.setconf
        // `syncconf` keeps the sessions of peers that stay.
        _ = try Program("wg", isNew ? "setconf" : "syncconf", setup.name, "/dev/stdin").run(input: marked)
        let given = try setAddresses(
            setup.addresses.map { LinkAddress(link: link.index, address: $0.0, length: $0.length) }, on: link, &routes)
        try routes.activate(link.index, mtu: setup.mtu ?? 1420)
        return WireGuardDevice(name: setup.name, index: link.index, addresses: given)
    }

    private static func setAddresses(
        _ wanted: [LinkAddress], on link: Link, _ routes: inout RouteSocket
    ) throws(KernelError) -> Set<IPAddress> {
        var given: Set<IPAddress> = []
        let surplus = try routes.addresses().filter { $0.link == link.index && !wanted.contains($0) && !$0.isLinkLocal }
        // IPv6 has an address once, whatever its prefix; with its last IPv4 address a device would lose its routes.
        for address in surplus where address.address.family == .v6 { try routes.remove(address) }
        for address in wanted {
            do {
                try routes.add(address)
                given.insert(address.address)
            } catch .call(_, errno: EACCES) where address.address.family == .v6 {
                // IPv6 is switched off on this machine: the tunnel carries IPv4.
            }
        }
        for address in surplus where address.address.family == .v4 { try routes.remove(address) }
        return given
    }

    private static func adoptOrCreate(_ name: String, _ routes: inout RouteSocket) throws(KernelError) -> (link: Link, isNew: Bool) {
        if let link = try routes.link(named: name) {
            // wireguard-go makes a device of kind "tun".
            guard link.kind == "wireguard" || link.kind == "tun" else { throw .call("create \(name)", errno: EEXIST) }
            return (link, false)
        }
        do {
            try routes.createLink(name, kind: "wireguard")
        } catch .call(_, errno: EOPNOTSUPP) {
            // It goes to the background when the device can be configured.
            _ = try Program(userspace, [name]).run(limit: 5000)
        }
        guard let link = try routes.link(named: name) else { throw .timedOut("create \(name)") }
        return (link, true)
    }

    private static var userspace: String {
        let named = unsafe getenv("WG_QUICK_USERSPACE_IMPLEMENTATION").map { unsafe String(cString: $0) } ?? ""
        return named.isEmpty ? "wireguard-go" : named
    }

    /// Takes the device away; wireguard-go then ends by itself. Returns when it is gone, which is within 2 s or `timedOut`.
    package func remove(_ routes: inout RouteSocket) throws(KernelError) {
        do { try routes.deleteLink(index) } catch .call(_, errno: ENODEV) { return }
        let deadline = Program.now() + 2000
        while try routes.links().contains(where: { $0.index == index }) {
            guard Program.now() < deadline else { throw .timedOut("delete \(name)") }
            usleep(2000)
        }
    }

    /// Where a peer is now; sessions go on.
    package static func setEndpoint(_ endpoint: String, of key: String, on device: String) throws(KernelError) {
        _ = try Program("wg", "set", device, "peer", key, "endpoint", endpoint).run()
    }

    /// Takes what they may be sent from these peers, and gives another its own, in one call: the peers' keys in base64, networks as text.
    package static func moveAllowedIPs(
        from others: [String], to peer: String, _ networks: [String], on device: String
    ) throws(KernelError) {
        let taken = others.flatMap { ["peer", $0, "allowed-ips", ""] }
        _ = try Program("wg", ["set", device] + taken + ["peer", peer, "allowed-ips", networks.joined(separator: ",")]).run()
    }

    package func status() throws(KernelError) -> WireGuardStatus { try Self.status(of: name) }

    /// Of any WireGuard device, those that somebody else brought up included.
    package static func status(of name: String) throws(KernelError) -> WireGuardStatus {
        let dump = try Program("wg", "show", name, "dump").run()
        guard let status = WireGuardStatus(dump: dump) else { throw .unreadable("wg show \(name) dump") }
        return status
    }
}

extension LinkAddress {
    /// Made by the kernel itself on a tun device.
    fileprivate var isLinkLocal: Bool {
        guard case .v6(let high, _) = address else { return false }
        return high >> 54 == 0xFE80 >> 6
    }
}
