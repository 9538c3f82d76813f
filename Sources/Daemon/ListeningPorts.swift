// SPDX-License-Identifier: MIT
import HostDNS
import RuleFiles

/// The local ports at which programs wait for TCP connections, as /proc/net tells.
enum ListeningPorts {
    static var now: Set<UInt16> {
        ["/proc/net/tcp", "/proc/net/tcp6"].reduce(into: []) { ports, file in
            let bytes = (try? HostFile.read(file)) ?? []
            let lines = SocketLine.lines(String(decoding: bytes, as: UTF8.self), transport: .tcp)
            ports.formUnion(lines.filter(\.isListening).map(\.port))
        }
    }
}
