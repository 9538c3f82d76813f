// SPDX-License-Identifier: MIT
import Wire

extension HostPaths {
    /// All sockets of these ports that wait for anybody, at whatever address; several at one place by one process count once.
    package func holders(ofPorts ports: Set<UInt16>) -> [PortHolder] {
        var found: [PortHolder] = []
        for holder in holders(where: { ports.contains($0.port) }) where !found.contains(holder) { found.append(holder) }
        return found
    }
}
