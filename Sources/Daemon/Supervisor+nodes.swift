// SPDX-License-Identifier: MIT
import Configuration
import Kernel
import Policy
import Rules
import Tunnels
import Wire

/// The tunnels as the kernel's rules see them: by their numbers.
extension Supervisor {
    /// One for each tunnel, in their order.
    var nodes: [Node] { Node.first(tunnels.count) }

    /// Those that are alive, while any may be used.
    var alive: Set<Node> {
        selection.state == .connected ? Set(zip(nodes, tunnels).filter { $1.machine.state == .connected }.map(\.0)) : []
    }

    /// The places of the tunnels by which new flows go; while none is connected, the one in whose name they are refused.
    var used: [Int] {
        guard let inUse = selection.inUse else { return [] }
        switch loaded.configuration.tunnels.select {
        case .balance where selection.state == .connected: return alive.map(\.number).sorted()
        case .order, .latency, .balance: return [inUse]
        }
    }

    /// What they carry together.
    var usedFamilies: Set<IPAddress.Family> { used.reduce(into: []) { $0.formUnion(tunnels[$1].families) } }

    /// Those that carry a family now.
    private func carrying(_ family: IPAddress.Family) -> [Node] {
        zip(nodes, tunnels).filter { $1.machine.state == .connected && $1.families.contains(family) }.map(\.0)
    }

    /// Those on which new flows begin: none that is slow, or has a silent resolver, while another is well.
    private func healthy(_ family: IPAddress.Family) -> [Node] {
        let carrying = carrying(family)
        let best = carrying.filter { choice.best.contains($0.number) }
        return best.isEmpty ? carrying : best
    }

    /// While connected: which way new flows begin, and which flows go on.
    var openElements: [SetElement] {
        guard let inUse = selection.inUse else { return [] }
        var elements = tunnels[inUse].families.map { SetElement.ownFlows($0) }
        for family in IPAddress.Family.allCases {
            // Those of a dead one do not wait for it: what they carry can begin anew by another.
            let alive = carrying(family)
            elements += nodes.flatMap { SetElement.flows(of: $0, family, goOn: alive.contains($0)) }
            switch loaded.configuration.tunnels.select {
            case .order, .latency:
                if tunnels[inUse].families.contains(family), let node = Node(inUse) { elements.append(.tunnelEnter(family, .node(node))) }
            case .balance:
                let places = spreads[family]?.places ?? []
                if !places.isEmpty { elements.append(.tunnelEnter(family, .spread)) }
                elements += places.enumerated().compactMap { slot, number in Node(number).map { .balance(family, slot: slot, $0) } }
            }
        }
        return elements
    }

    /// Gives the places among which flows are spread to the nodes that are alive.
    func refit() {
        for family in IPAddress.Family.allCases {
            spreads[family, default: Spread()].fit(
                healthy(family).map { (number: $0.number, weight: tunnels[$0.number].configuration.weight) })
        }
    }
}

extension Node {
    /// The upper eight bits of its mark.
    var markClass: UInt8 { UInt8(mark >> 24) }
    /// The same of flows that came in by it.
    var arrivalClass: UInt8 { UInt8(arrivalMark >> 24) }
}
