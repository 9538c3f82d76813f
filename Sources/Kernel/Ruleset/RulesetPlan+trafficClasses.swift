// SPDX-License-Identifier: MIT
import Rules
import Steering
import Wire

/// What the traffic of rules bears for queueing disciplines; nothing where no rule says it.
extension RulesetPlan {
    /// The chain that gives a packet the class of this number.
    static func chain(ofClass number: Int) -> String { "class_\(number)" }

    /// A flow that a rule has steered bears what the rule says, there and, where it passes through this machine, back. An excluded app's flow is
    /// none of them, nor is one that went the default way, nor what WireGuard sends.
    var shaping: String {
        guard !usedClasses.isEmpty else { return "" }
        func ways(_ way: String) -> String {
            tunnelMarks.split(separator: ", ").map { "\($0) : goto class_\(way)_tunnel, " }.joined()
                + "0x02000000 : goto class_\(way)_direct, 0x03000000 : goto class_\(way)_lan"
        }
        return """
            \t# What the flows of rules bear, each on the way that its rule has given it.
            \tchain traffic_class {
            \t\ttype filter hook postrouting priority filter; policy accept;
            \t\toif "lo" accept
            \t\tmeta mark & 0xff000000 == 0x02000000 ip daddr . udp dport . meta mark @endpoints4 accept
            \t\tmeta mark & 0xff000000 == 0x02000000 ip6 daddr . udp dport . meta mark @endpoints6 accept
            \t\tct direction original ct mark & 0xff000000 vmap { \(ways("to")) }
            \t\tct direction reply ct mark & 0xff000000 vmap { \(ways("from")) }
            \t}

            \(SteeredRoute.allCases.map(chain).joined())\
            \(trafficClasses.enumerated().map(chain).joined())
            """
    }

    private func chain(_ route: SteeredRoute) -> String {
        func chain(_ way: String, _ end: String) -> String {
            // A packet passes all of them: those that no rule names any more have left none.
            let addresses = usedClasses.sorted().flatMap { number in
                IPAddress.Family.allCases.map { family in
                    "\t\t\(family.header) \(end) @\(SetName.classed(route, family, number).rawValue) goto \(Self.chain(ofClass: number))\n"
                }
            }
            let ranges = IPAddress.Family.allCases.compactMap { family in
                let entries = networks.compactMap { range in
                    range.action.rawValue == route.rawValue && range.first.family == family
                        ? range.handling.trafficClass.map { "\(range.text) : goto \(Self.chain(ofClass: $0))" } : nil
                }
                return entries.isEmpty ? nil : "\t\t\(family.header) \(end) vmap { \(entries.joined(separator: ", ")) }\n"
            }
            return "\tchain class_\(way)_\(route.rawValue) {\n\((addresses + ranges).joined())\t}\n\n"
        }
        return chain("to", "daddr") + chain("from", "saddr")
    }

    private func chain(_ number: Int, _ trafficClass: TrafficClass) -> String {
        let dscp = trafficClass.dscp.map { "\t\tip dscp set \($0)\n\t\tip6 dscp set \($0)\n" } ?? ""
        let priority = trafficClass.priority.map { "\t\tmeta priority set \($0.handle)\n" } ?? ""
        return "\tchain \(Self.chain(ofClass: number)) {\n\(dscp)\(priority)\t}\n\n"
    }
}

extension IPAddress.Family {
    /// As nft(8) names its header.
    var header: String { self == .v4 ? "ip" : "ip6" }
}

extension SteeredRange {
    /// As elements of sets are written.
    var text: String { first == last ? "\(first)" : "\(first)-\(last)" }
}
