// SPDX-License-Identifier: MIT
import Wire

/// Sockets as /proc/net/udp, tcp, udp6 and tcp6 list them.
package enum SocketTable {
    package struct Entry: Hashable, Sendable {
        package let place: PortHolder.Place
        /// 0: a socket that no file belongs to any more.
        package let inode: UInt64
    }

    /// Those that wait for anybody: TCP in state LISTEN, UDP without a peer. Lines that are not understood are left out.
    package static func waiting(in text: String, transport: PortHolder.Transport) -> [Entry] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            // sl, local, remote, state, queues, timer, retransmissions, user, timeout, inode
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 10, words[3] == (transport == .tcp ? "0A" : "07"), let inode = UInt64(words[9]) else { return nil }
            return place(words[1]).map { Entry(place: $0, inode: inode) }
        }
    }

    /// `0100007F:0035`: words of 32 bits in the machine's byte order, the port as a number.
    private static func place(_ text: Substring) -> PortHolder.Place? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16), parts[0].utf8.count % 8 == 0 else { return nil }
        var bytes: [UInt8] = []
        var rest = parts[0]
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            let native = UInt32(littleEndian: word)
            bytes += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: native >> $0) }
            rest = rest.dropFirst(8)
        }
        return IPAddress(bytes: bytes).map { PortHolder.Place($0.unmapped, port) }
    }
}
