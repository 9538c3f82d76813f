// SPDX-License-Identifier: MIT

/// A table of somebody else's packet filter, as far as it can matter to us.
package struct FirewallTable: Hashable, Sendable {
    /// `inet firewalld`, `ip nat`, `iptables-legacy nat`.
    package let name: String
    /// How to see it.
    package let command: String
    package var chains: [Chain] = []

    package init(name: String, command: String) {
        self.name = name
        self.command = command
    }

    package struct Chain: Hashable, Sendable {
        package let name: String
        /// Nil for chains that only others jump to.
        package var hook: Hook?
        package var rules: [FirewallRule] = []
    }

    package struct Hook: Hashable, Sendable {
        package enum Point: String, Hashable, Sendable { case prerouting, input, forward, output, postrouting, ingress, egress }

        package var point: Point
        package var priority: Int
        /// What no rule decides is dropped.
        package var drops = false
    }

    /// Every rule that a packet may meet from this chain on, and whether only port 53 or 853 leads there.
    func reached(from chain: Chain) -> [(rule: FirewallRule, isAboutDNS: Bool, isNarrower: Bool)] {
        var reached: [(rule: FirewallRule, isAboutDNS: Bool, isNarrower: Bool)] = []
        var seen: Set<Visit> = []
        var waiting = [Visit(chain: chain.name, isAboutDNS: false, isNarrower: false)]
        while let visit = waiting.popLast() {
            guard seen.insert(visit).inserted, let chain = chains.first(where: { $0.name == visit.chain }) else { continue }
            for rule in chain.rules {
                let isAboutDNS = visit.isAboutDNS || rule.isAboutDNS
                let isNarrower = visit.isNarrower || rule.isNarrower
                reached.append((rule, isAboutDNS, isNarrower))
                // A rule that names other ports leads nothing of ours anywhere.
                guard !rule.isAboutOthers else { continue }
                waiting += rule.jumps.map { Visit(chain: $0, isAboutDNS: isAboutDNS, isNarrower: isNarrower) }
            }
        }
        return reached
    }

    private struct Visit: Hashable {
        let chain: String
        let isAboutDNS: Bool
        let isNarrower: Bool
    }
}

/// A rule of a packet filter, in what of it can matter to us.
package struct FirewallRule: Hashable, Sendable {
    package enum Effect: Hashable, Sendable {
        case accepts
        /// `drop` or `reject`.
        case refuses
        /// `dnat`, `redirect`, `tproxy`: where to, as written.
        case turns(String)
        /// The packet mark's bits that it writes.
        case marks(UInt32)
        /// The connection mark's bits that it writes.
        case marksFlow(UInt32)
        /// The packet mark is copied from the flow's.
        case restoresMark
        /// The flow gets no conntrack entry.
        case untracks
        /// The flow goes round all further hooks.
        case offloads
        /// A reverse path filter: packets whose sender is not reached by the interface they came in by are dropped.
        case filtersReversePath(withMark: Bool)
    }

    /// As it is written.
    package let text: String
    /// It fits port 53 or 853 of the other side.
    package var isAboutDNS = false
    /// It fits other ports only.
    package var isAboutOthers = false
    /// It fits only some interfaces, addresses, users or marks.
    package var isNarrower = false
    package var effects: [Effect] = []
    package var jumps: [String] = []

    package init(text: String) { self.text = text }
}
