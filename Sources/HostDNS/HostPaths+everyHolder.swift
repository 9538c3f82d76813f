// SPDX-License-Identifier: MIT
import Wire

extension HostPaths {
    /// All sockets of these ports that wait for anybody, at whatever address; several at one place by one process count once.
    package func holders(ofPorts ports: Set<UInt16>) -> [PortHolder] {
        var found: [(PortHolder.Transport, SocketLine)] = []
        for transport in [PortHolder.Transport.udp, .tcp] {
            for suffix in ["", "6"] {
                let lines = SocketLine.lines(Disk.text("\(proc)/net/\(transport.rawValue)\(suffix)") ?? "", transport: transport)
                found += lines.filter { $0.isListening && ports.contains($0.port) }.map { (transport, $0) }
            }
        }
        guard !found.isEmpty else { return [] }
        let owners = owners(of: Set(found.map(\.1.inode)))
        var holders: [PortHolder] = []
        for (transport, line) in found {
            let holder = PortHolder(transport: transport, address: line.address.unmapped, port: line.port, process: owners[line.inode])
            if !holders.contains(holder) { holders.append(holder) }
        }
        return holders
    }
}
