// SPDX-License-Identifier: MIT
import CLinux
import Wire

/// A network interface.
package struct Link: Hashable, Sendable {
    package let index: UInt32
    package let name: String
    /// Switched on, and with a carrier.
    package let isUp: Bool
    /// What made it: `wireguard`, `tun`, `veth` …; nil for hardware.
    package let kind: String?
    /// In bytes.
    package let mtu: UInt32

    init?(_ message: NetlinkMessage) {
        // ifinfomsg: family, hardware type, index, flags, changed flags.
        guard let index = message.payload.native(UInt32.self, at: 4), let flags = message.payload.native(UInt32.self, at: 8) else {
            return nil
        }
        let attributes = message.attributes(skipping: 16)
        guard let name = attributes[UInt16(IFLA_IFNAME)]?.text else { return nil }
        self.index = index
        self.name = name
        isUp = flags & 0x41 == 0x41  // IFF_UP and IFF_RUNNING
        kind = attributes[UInt16(IFLA_LINKINFO)]?.attributes[UInt16(IFLA_INFO_KIND)]?.text
        mtu = attributes[UInt16(IFLA_MTU)]?.number ?? 0
    }
}

/// An address of this machine.
package struct LinkAddress: Hashable, Sendable {
    /// The interface's index.
    package let link: UInt32
    package let address: IPAddress
    /// Bits of the network it lies in.
    package let length: Int

    package init(link: UInt32, address: IPAddress, length: Int) {
        self.link = link
        self.address = address
        self.length = length
    }

    init?(_ message: NetlinkMessage) {
        // ifaddrmsg: family, prefix length, flags, scope, index.
        guard let length = message.payload.dropFirst().first, let link = message.payload.native(UInt32.self, at: 4) else { return nil }
        let attributes = message.attributes(skipping: 8)
        // On a point-to-point link IFA_ADDRESS is the other end.
        let own = attributes[UInt16(IFA_LOCAL)] ?? attributes[UInt16(IFA_ADDRESS)]
        guard let address = own.flatMap({ IPAddress(bytes: $0.value) }) else { return nil }
        self.init(link: link, address: address, length: Int(length))
    }
}

/// Where a default route of main leads.
package struct Gateway: Hashable, Sendable {
    package let link: UInt32
    package let address: IPAddress
}
