// SPDX-License-Identifier: MIT
import Configuration
import Glibc
import Kernel
import Logging
import Policy
import Tunnels
import Wire

/// The one state that the matrix sees: what leads from one to the next, and what the kernel is told of it.
extension Supervisor {
    /// Brings kernel and worker to what the tunnels' states ask for: one batch of elements, one replacement of routes.
    /// What closes, closes before anything else; what opens, opens last.
    func settle() throws(KernelError) {
        let former = selection
        let now = Instant.now
        if let end = lingering, now >= end { lingering = nil }
        let isLeaving = wish == .down && (lingering != nil || tunnels.contains(where: \.hasDevice))
        choose(at: now)
        selection = Selection(of: tunnels.map(\.machine.state), chosen: choice.inUse, wish: wish, isLeaving: isLeaving)
        refit()
        let wanted = wantedElements
        let isClosing = former.state == .connected && selection.state != .connected
        if isClosing { publish() }
        if isClosing { try write(wanted) }
        try route()
        if !isClosing { try write(wanted) }
        // Who waits for an answer waits for no flow to end.
        publish()
        if selection != former { changed(from: former) }
        endFlowsOfDead()
        if selection.state == .disconnecting { try leave() }
    }

    /// The last word of `up` and `down`.
    func obey(_ wish: Wish) -> ControlReply {
        guard !tunnels.isEmpty else { return ControlReply(error: "there is no tunnel: the configuration has no [[tunnel]]") }
        do throws(DaemonError) {
            try state.keep(wish)
        } catch {
            return ControlReply(error: "\(wish.rawValue) cannot be remembered in \(state.path): \(error)")
        }
        guard wish != self.wish else { return ControlReply(state: selection.state.rawValue) }
        self.wish = wish
        let now = Instant.now
        for index in tunnels.indices { tunnels[index].release(at: now) }
        choice = NodeChoice(loaded.configuration)
        lingering = wish == .down ? Self.slowDown.map { now + $0 } : nil
        do throws(KernelError) {
            try settle()
        } catch {
            log.error("\(error)")
        }
        keepBlocking()
        return ControlReply(state: selection.state.rawValue)
    }

    /// Begins to take our devices down; the link monitor tells when they are gone.
    private func leave() throws(KernelError) {
        guard lingering == nil else { return }
        for tunnel in tunnels where tunnel.hasDevice { try tunnel.beginRemoval(&routes) }
    }

    /// What follows from a change of state besides what the kernel's rules do by themselves.
    private func changed(from former: Selection) {
        let name = selection.inUse.map { tunnels[$0].configuration.name } ?? "none"
        if former.state != selection.state { tell(.state, "\(former.state.rawValue) → \(selection.state.rawValue), tunnel \(name)") }
        if former.inUse != selection.inUse { tell(.tunnel, "\(name) is in use: \(whyChosen)") }
        // Their packets are refused already; without their entries the programs' next ones find the way there is now.
        switch (former.state, selection.state) {
        case (.disconnected, _): endFlows(marked: [0x0C])
        case (_, .disconnected):
            endFlows(marked: [0x01])
            endFlows(marked: Set(nodes.map(\.markClass)))
        case (.connecting, _), (.connected, _), (.disconnecting, _), (.error, _): break
        }
    }

    /// Why the tunnel in use was chosen, in words.
    var whyChosen: String {
        switch choice.reason {
        case .first, .fastest, .earliest: choice.reason.rawValue
        case .formerSlow, .formerMute, .formerLost:
            (choice.former.map { tunnels[$0].configuration.name } ?? "the one before") + " " + choice.reason.rawValue
        }
    }

    /// Ends UDP flows of this machine that began before our table: they have a source for another way, or lead to a door of a former run.
    /// TCP tells for itself.
    func endFormerFlows() {
        endFlowsOfFormerDefault()
        let own = Set(addresses.map(\.address))
        let ports = Set([53] + doors.configured.map(\.port))
        do throws(KernelError) {
            try conntrack.end(
                try conntrack.flows(marks: [0x00]).filter {
                    $0.protocol == 17
                        && (ports.contains($0.destinationPort) || own.contains($0.source) && !own.contains($0.destination))
                })
        } catch {
            log.warning("flows that began before are not ended: \(error)")
        }
    }

    /// Ends the flows outside to addresses that have become a tunnel's: their packets are refused already. The kernel walks through all flows
    /// for it, so it is done twice a second at most, and less often where that takes long: never for more than a two-hundredth of the time.
    func endMovedFlows(at now: Instant) {
        guard !moved.isEmpty, now >= nextEnding else { return }
        let addresses = moved
        moved = []
        // Two listings: what the kernel cannot leave out of one are the tunnel's own flows, most of all where many names are new.
        for marks: Set<UInt8> in [[0x02], [0x0C, 0x0D, 0x0F]] { endFlows(marked: marks) { addresses.contains($0.destination) } }
        nextEnding = now + min(10_000, max(500, (.now - now) * 200))
    }

    /// Where all goes in the tunnel, what went the default way before is refused already.
    func endFlowsOfFormerDefault() {
        switch plan.routingDefault {
        case .direct: break
        case .tunnel: endFlows(marked: [0x0D])
        }
    }

    /// Not those of TCP: the rules reset them with their next packet, which without its flow would begin another in the middle. Of UDP, the next
    /// packet of the other side would begin one that looks as if it had called us: none of it comes in for a while.
    private func endFlows(marked marks: Set<UInt8>, where condition: (Flow) -> Bool = { _ in true }) {
        do throws(KernelError) {
            let doomed = try conntrack.flows(marks: marks).filter { $0.protocol != 6 && condition($0) }
            try quarantine(doomed)
            try conntrack.end(doomed)
        } catch {
            log.warning("flows that may not go on are refused, not ended: \(error)")
        }
    }

    /// Lets nothing that still comes of these begin a flow.
    func quarantine(_ flows: [Flow]) throws(KernelError) {
        let ended = flows.filter { $0.protocol == 17 }.map { ElementChange(.add, .ended($0, seconds: Self.quarantine)) }
        guard !ended.isEmpty else { return }
        for refusal in try sets.commit(ended).prefix(1) { log.warning("a flow is ended without quarantine: \(refusal.error)") }
    }

    /// In seconds; conntrack's own patience with a flow of UDP that was answered is 120.
    private static let quarantine: UInt32 = 120

    /// Tells the worker, if there is anything new.
    func publish() {
        let situation = situation
        guard situation != published else { return }
        published = situation
        worker.post(.situation(situation))
        tellOfNodes()
    }

    func route() throws(KernelError) {
        let tunnel = selection.inUse.map { tunnels[$0] }
        let isWanted = selection.state != .disconnected && selection.state != .disconnecting
        let wanted = Routed(
            link: isWanted && tunnel?.isUp == true ? tunnel?.link?.index : nil, families: tunnel?.families ?? [])
        if wanted != routed {
            try routes.setTunnel(link: wanted.link, families: wanted.families)
            routed = wanted
        }
        for (node, tunnel) in zip(nodes, tunnels) {
            let own = Routed(link: isWanted && tunnel.isUp ? tunnel.link?.index : nil, families: tunnel.families)
            guard own != routedNodes[node] else { continue }
            try routes.setNode(node, link: own.link, families: own.families)
            routedNodes[node] = own
        }
    }

    private func write(_ wanted: Set<SetElement>) throws(KernelError) {
        guard wanted != elements else { return }
        let changes =
            elements.subtracting(wanted).map { ElementChange(.remove, $0) } + wanted.subtracting(elements).map { ElementChange(.add, $0) }
        let refused = try sets.commit(changes)
        for refusal in refused { log.error("an element of set \(refusal.change.element.set.rawValue) is missing: \(refusal.error)") }
        elements = wanted
    }

    /// What stands for us until the daemon is there, at the next boot: everything as now, with the tunnel closed.
    func keepBlocking() { keeping.keep(blocking: plan, blockingElements) }

    /// How long the lab wants `down` to be on its way, in milliseconds.
    private static let slowDown: Int64? = {
        func value(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
        return value("SLUICE_LAB") == "1" ? value("SLUICE_LAB_SLOW_DOWN").flatMap { Int64($0) } : nil
    }()
}
