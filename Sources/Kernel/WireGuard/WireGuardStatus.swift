// SPDX-License-Identifier: MIT
import Wire

/// What `wg show NAME dump` tells of a device; keys that are secret are left out.
package struct WireGuardStatus: Hashable, Sendable {
    package struct Peer: Hashable, Sendable {
        /// In base64, as `wg` writes it.
        package let publicKey: String
        /// Nil until it is known.
        package let endpoint: ServerAddress?
        /// Seconds since 1970 of the last handshake; nil: none yet.
        package let handshake: UInt64?
        /// Bytes, of all packets of the peer.
        package let received: UInt64
        package let sent: UInt64
    }

    package let publicKey: String
    package let listenPort: UInt16
    /// 0: none.
    package let mark: UInt32
    package let peers: [Peer]

    /// Reads the dump; nil when it is none. Peers that cannot be read are left out.
    package init?(dump: String) {
        let lines = dump.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
        guard let device = lines.first, device.count == 4 else { return nil }
        publicKey = device[1]
        listenPort = UInt16(device[2]) ?? 0
        mark = device[3].hasPrefix("0x") ? UInt32(device[3].dropFirst(2), radix: 16) ?? 0 : 0
        peers = lines.dropFirst().compactMap { fields in
            guard fields.count == 8 else { return nil }
            let handshake = UInt64(fields[4]) ?? 0
            return Peer(
                publicKey: fields[0], endpoint: ServerAddress(fields[2]), handshake: handshake == 0 ? nil : handshake,
                received: UInt64(fields[5]) ?? 0, sent: UInt64(fields[6]) ?? 0)
        }
    }
}
