// SPDX-License-Identifier: MIT
import Wire

/// Who holds a port on this machine: for the word "in use", and for `doctor`.
package struct PortHolder: Hashable, Sendable, CustomStringConvertible {
    package enum Transport: String, Hashable, Sendable { case udp, tcp }

    package let transport: Transport
    package let address: IPAddress
    package let port: UInt16
    /// Nil when we may not see whose it is, or the process ended.
    package let process: Process?

    package struct Process: Hashable, Sendable {
        package let id: Int32
        /// At most 15 characters: `systemd-resolve`.
        package let name: String
    }

    package var isResolved: Bool { process?.name == "systemd-resolve" }

    package var description: String {
        let place = "\(ServerAddress(address, port: port))/\(transport.rawValue)"
        return process.map { "\(place) by \($0.name) (pid \($0.id))" } ?? place
    }
}

/// One line of /proc/net/udp and the like (proc_net_tcp(5)).
package struct SocketLine: Hashable, Sendable {
    let address: IPAddress
    package let port: UInt16
    package let isListening: Bool
    let inode: UInt64

    /// Lines that cannot be read are left out.
    package static func lines(_ text: String, transport: PortHolder.Transport) -> [SocketLine] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 10, let colon = fields[1].firstIndex(of: ":"), let inode = UInt64(fields[9]),
                let port = UInt16(fields[1][fields[1].index(after: colon)...], radix: 16), let state = UInt8(fields[3], radix: 16),
                let address = address(fields[1][..<colon])
            else { return nil }
            // TCP_LISTEN is 10; a UDP socket that receives from anybody is in state 7.
            return SocketLine(address: address, port: port, isListening: state == (transport == .tcp ? 10 : 7), inode: inode)
        }
    }

    /// Words of 32 bits in the machine's order, which on every machine Swift runs on is little-endian.
    private static func address(_ hex: Substring) -> IPAddress? {
        guard hex.utf8.count == 8 || hex.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = hex
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            bytes += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
            rest = rest.dropFirst(8)
        }
        return IPAddress(bytes: bytes)
    }
}

extension HostPaths {
    /// Whose sockets take what is sent to this address and port, those on the wildcard address included; both transports.
    package func holders(of address: IPAddress, port: UInt16) -> [PortHolder] {
        holders { $0.port == port && Self.takes($0.address, address) }
    }

    /// The sockets that wait for anybody and for which `condition` holds, in the kernel's order.
    func holders(where condition: (SocketLine) -> Bool) -> [PortHolder] {
        var found: [(PortHolder.Transport, SocketLine)] = []
        for transport in [PortHolder.Transport.udp, .tcp] {
            for suffix in ["", "6"] {
                let lines = SocketLine.lines(Disk.text("\(proc)/net/\(transport.rawValue)\(suffix)") ?? "", transport: transport)
                found += lines.filter { $0.isListening && condition($0) }.map { (transport, $0) }
            }
        }
        guard !found.isEmpty else { return [] }
        let owners = owners(of: Set(found.map(\.1.inode)))
        return found.map { PortHolder(transport: $0, address: $1.address.unmapped, port: $1.port, process: owners[$1.inode]) }
    }

    private static func takes(_ bound: IPAddress, _ address: IPAddress) -> Bool {
        switch bound.unmapped {
        case .v4(0): address.family == .v4
        case .v6(high: 0, low: 0): true
        case let other: other == address.unmapped
        }
    }

    /// The processes that have these sockets open.
    func owners(of inodes: Set<UInt64>) -> [UInt64: PortHolder.Process] {
        var owners: [UInt64: PortHolder.Process] = [:]
        for name in Disk.names(in: proc) {
            guard let id = Int32(name) else { continue }
            for descriptor in Disk.names(in: "\(proc)/\(name)/fd") {
                guard let target = Disk.linkTarget("\(proc)/\(name)/fd/\(descriptor)"), target.hasPrefix("socket:["),
                    let inode = UInt64(target.dropFirst(8).dropLast()), inodes.contains(inode), owners[inode] == nil
                else { continue }
                let comm = (Disk.text("\(proc)/\(name)/comm") ?? "?").split(separator: "\n").first.map(String.init) ?? "?"
                owners[inode] = PortHolder.Process(id: id, name: comm)
            }
            if owners.count == inodes.count { break }
        }
        return owners
    }
}
