// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Logging
import Policy
import Rules
import Steering
import Wire

/// What becomes of the flows of a node that is dead, while another is alive.
extension Supervisor {
    /// Ends exactly the flows of this node: programs here hear of it at once; those behind us are told with their next packet.
    ///
    /// Entries of TCP whose program is not here stay: the rules reset what still comes of them. Without theirs, other flows begin anew by a node that
    /// is alive; but not one whose address no rule names any more, or that came in by the node: it would go on outside, and is refused for as long as it tries.
    func endFlows(ofNode node: Node) {
        do throws(KernelError) {
            let began = try conntrack.flows(marks: [node.markClass])
            let arrived = try conntrack.flows(marks: [node.arrivalClass])
            // Our own sockets have the address of the device that they began on.
            let addresses = Set(tunnels[node.number].ownAddresses)
            let own = try conntrack.flows(marks: [UInt8(Path.tunnel.mark >> 24)]).filter { addresses.contains($0.source) }
            let areEnded = endSockets((began + own).map { .init($0) } + arrived.map { .init($0, isArrival: true) })
            var doomed: [Flow] = []
            if areEnded {
                // Nothing more comes of these, and another connection from the same port is none of theirs.
                let here = Set(self.addresses.map(\.address))
                doomed += (began + own).filter { $0.protocol == 6 && here.contains($0.source) }
                doomed += arrived.filter { $0.protocol == 6 && here.contains($0.destination) }
            }
            let datagrams = (began + own).filter { $0.protocol != 6 }
            // Thousands of them may lead to one address.
            var steered: Set<IPAddress> = []
            for address in Set(datagrams.map(\.destination)) { if try isSteered(address) { steered.insert(address) } }
            doomed += datagrams.filter { steered.contains($0.destination) }
            try quarantine(doomed)
            try conntrack.end(doomed)
        } catch {
            log.warning("flows of a dead tunnel are refused, not ended: \(error)")
        }
    }

    /// What follows from a node's death, once its packets are refused; while none is alive, its flows wait for it.
    func endFlowsOfDead() {
        let alive = alive
        owedAnEnd.formUnion(formerlyAlive)
        owedAnEnd.subtract(alive)
        formerlyAlive = alive
        guard !alive.isEmpty else { return }
        for node in owedAnEnd { endFlows(ofNode: node) }
        owedAnEnd = []
    }

    /// Whether no program here has one of these connections any more.
    private func endSockets(_ ends: [SocketDiagnosis.Ends]) -> Bool {
        do throws(KernelError) {
            var sockets = try SocketDiagnosis()
            try sockets.end(Set(ends))
            return true
        } catch {
            // A kernel that cannot: the rules reset them with their next packet.
            log.debug("connections of a dead tunnel wait for their next packet: \(error)")
            return false
        }
    }

    /// Whether what begins to this address enters the tunnel.
    private func isSteered(_ address: IPAddress) throws(KernelError) -> Bool {
        if try sets.contains(.learned(.tunnel, address)) { return true }
        if let range = plan.networks.first(where: { $0.contains(address) }) {
            return range.action == .tunnel
        }
        guard plan.routingDefault == .tunnel else { return false }
        if try sets.contains(.learned(.direct, address)) { return false }
        return try !sets.contains(.learned(.lan, address))
    }
}
