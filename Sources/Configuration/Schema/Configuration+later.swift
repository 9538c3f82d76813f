// SPDX-License-Identifier: MIT

extension Configuration {
    /// Says of every key of the contract that this version reads and does not obey yet what happens instead. One goes with each feature that comes.
    func warnOfLater(_ findings: inout Findings) {
        var later: [(key: String, text: String)] = []
        if health.latency != Health().latency { later.append(("health.latency", "no node is changed for its latency")) }
        switch tunnels.select {
        case .latency:
            later.append(("tunnels.select", "select = \"\(tunnels.select.rawValue)\"; the first tunnel alive is used, as with \"order\""))
        case .order, .balance: break
        }
        if !tunnels.bootstrap.isEmpty {
            later.append(("tunnels.bootstrap", "endpoints are given by address, so these servers are never asked"))
        }
        for (index, tunnel) in tunnel.enumerated() {
            switch tunnel.nodes {
            case .peers: later.append(("tunnel[\(index)].nodes", "nodes = \"peers\"; the device is one node, as with \"devices\""))
            case .devices: break
            }
        }
        for (key, text) in later { findings.warning(places.nearest(to: key), "not yet: " + text) }
    }
}
