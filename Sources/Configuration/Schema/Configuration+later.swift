// SPDX-License-Identifier: MIT

extension Configuration {
    /// Says of every key of the contract that this version reads and does not obey yet what happens instead. One goes with each feature that comes.
    func warnOfLater(_ findings: inout Findings) {
        var later: [(key: String, text: String)] = []
        if health.latency != Health().latency { later.append(("health.latency", "no node is changed for its latency")) }
        switch tunnels.select {
        case .latency, .balance:
            later.append(("tunnels.select", "select = \"\(tunnels.select.rawValue)\"; the first tunnel alive is used, as with \"order\""))
        case .order: break
        }
        for (index, tunnel) in tunnel.enumerated() {
            if tunnel.weight != 1 { later.append(("tunnel[\(index)].weight", "tunnels are used in order, whatever their weight")) }
            switch tunnel.nodes {
            case .peers: later.append(("tunnel[\(index)].nodes", "nodes = \"peers\"; the device is one node, as with \"devices\""))
            case .devices: break
            }
        }
        for (key, text) in later { findings.warning(places.nearest(to: key), "not yet: " + text) }
    }
}
