// SPDX-License-Identifier: MIT
import Configuration
import HostDNS
import Kernel
import Logging
import Policy
import Wire

/// What others take from us is put back from what we know; the guard table holds meanwhile.
extension Supervisor {
    /// Takes in what the kernel says of the tunnels' devices.
    func lookAtLinks() throws(KernelError) {
        let links = try routes.links()
        addresses = try routes.addresses()
        for index in tunnels.indices {
            let former = tunnels[index].link
            tunnels[index].see(links, addresses, at: .now)
            let link = tunnels[index].link
            if link?.index != former?.index {
                tell(
                    .tunnel, "\(tunnels[index].configuration.name): device \(tunnels[index].device) \(link == nil ? "is gone" : "is there")"
                )
            }
        }
    }

    /// Takes in what the kernel says of links, addresses and routes.
    func look() throws(KernelError) {
        try lookAtLinks()
        for tunnel in tunnels {
            guard let link = tunnel.renamed else { continue }
            try routes.rename(link, to: tunnel.device)
            repairs.links += 1
            tell(.repair, "device \(link.name) is named \(tunnel.device) again")
            try lookAtLinks()
        }
        for index in tunnels.indices where tunnels[index].lacks {
            try tunnels[index].bringUp(&routes)
            repairs.links += 1
            tell(.repair, "device \(tunnels[index].device) has its addresses again")
            try lookAtLinks()
        }
        let gateways = try routes.gateways()
        if gateways != self.gateways {
            network += 1
            tell(.gateway, gateways.isEmpty ? "none" : gateways.map { "\($0.address)" }.joined(separator: ", "))
        }
        self.gateways = gateways
        let devices = Set(tunnels.compactMap { $0.link?.index })
        refreshSystemServers()
        let mirror = try routes.mirrorMain(excluding: devices)
        outsideFamilies = mirror.defaults
        for refusal in mirror.refused { log.warning("a route of main is not copied: \(refusal)") }
        if mirror.changes > 0, let mirrored {
            if mirrored.source == mirror.source {
                repairs.routes += 1
                tell(.repair, "\(mirror.changes) copied routes were changed by others")
            } else {
                tell(.route, "main has changed: \(mirror.changes) routes copied")
            }
        }
        mirrored = mirror
    }

    /// Puts back what of rules and routes is not as we left it.
    func mend() throws(KernelError) {
        let rules = try routes.setRules(tunnels: tunnels.map(\.device))
        if rules > 0 {
            repairs.rules += 1
            tell(.repair, "\(rules) routing rules were changed by others")
        }
        guard let routed else { return }
        // With a device the kernel takes its routes along; that is no one's doing.
        func isOthers(_ routed: Routed) -> Bool { tunnels.contains { $0.link?.index == routed.link } || routed.link == nil }
        var changed = 0
        let own = try routes.setTunnel(link: routed.link, families: routed.families)
        if isOthers(routed) { changed += own }
        for (node, routed) in routedNodes {
            let own = try routes.setNode(node, link: routed.link, families: routed.families)
            if isOthers(routed) { changed += own }
        }
        guard changed > 0 else { return }
        repairs.routes += 1
        tell(.repair, "\(changed) of the tunnel's routes were changed by others")
    }

    /// Has the table built again if another program has changed it, or taken it away.
    func checkTables(at now: Instant) throws(KernelError) {
        var isChanged = try tables.drain()
        if now >= nextRound {
            nextRound = now + Self.round
            tellOfNodes()
            if try !sets.isTablePresent() { isChanged = true }
            refreshApps()
            // A mount over the file is no event.
            take(keeper?.check(at: now) ?? [])
        }
        if let due = nextLoad, now >= due {
            nextLoad = nil
            worker.post(.load(plan, elementsForTable))
        }
        guard isChanged else { return }
        repairs.table += 1
        tell(.repair, "the table inet sluice was changed by others: built again")
        worker.post(.load(plan, elementsForTable))
    }
}
