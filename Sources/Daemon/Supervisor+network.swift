// SPDX-License-Identifier: MIT
import Configuration
import Kernel
import RuleFiles
import Wire

extension Supervisor {
    /// Which network this is, in words that another of the same addresses does not have: its gateways, those of IPv4 with their link-layer addresses.
    /// Empty as long as it cannot be told.
    var networkName: String {
        guard loaded.configuration.cache.keep, !gateways.isEmpty else { return "" }
        let neighbours = Self.neighbours
        var words: [String] = []
        for gateway in gateways {
            switch gateway.address {
            case .v4:
                guard let place = neighbours["\(gateway.address)"] else { return "" }
                words.append("\(gateway.address)=\(place)")
            // Link-local ones are made of the router's own number, or at random.
            case .v6: words.append("\(gateway.address)")
            }
        }
        return words.sorted().joined(separator: " ")
    }

    /// Link-layer addresses by IPv4 address, as /proc/net/arp tells (proc_net(5)): address, type, flags, link-layer address.
    private static var neighbours: [String: String] {
        guard let bytes = try? HostFile.read("/proc/net/arp") else { return [:] }
        var neighbours: [String: String] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count > 3, words[2] != "0x0", words[3] != "00:00:00:00:00:00" else { continue }
            neighbours[words[0]] = words[3]
        }
        return neighbours
    }
}
