// SPDX-License-Identifier: MIT

/// The local ports at which programs wait for TCP connections, as /proc/net tells.
enum ListeningPorts {
    static var now: Set<UInt16> {
        ["/proc/net/tcp", "/proc/net/tcp6"].reduce(into: []) { ports, file in
            let bytes = (try? HostFile.read(file)) ?? []
            ports.formUnion(listed(in: String(decoding: bytes, as: UTF8.self)))
        }
    }

    /// Of each line the second word is address and port, the fourth the state; 0A is TCP_LISTEN (proc(5)).
    static func listed(in text: String) -> Set<UInt16> {
        var ports: Set<UInt16> = []
        for line in text.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ", maxSplits: 4)
            guard words.count > 3, words[3] == "0A", let port = words[1].split(separator: ":").last else { continue }
            if let port = UInt16(port, radix: 16) { ports.insert(port) }
        }
        return ports
    }
}
