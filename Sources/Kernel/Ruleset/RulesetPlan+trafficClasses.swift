// SPDX-License-Identifier: MIT
import Rules
import Steering
import Wire

/// What the traffic of rules bears for queueing disciplines; nothing where no rule says it.
extension RulesetPlan {
    /// The chain that gives a packet the class of this number.
    static func chain(ofClass number: Int) -> String { "class_\(number)" }

    /// The addresses of rules that name a class.
    var classMaps: String {
        guard !trafficClasses.isEmpty else { return "" }
        let maps = SteeredRoute.allCases.flatMap { route in
            IPAddress.Family.allCases.map { family in
                let name = SetName.classed(route, family).rawValue
                return
                    "\tmap \(name) {\n\t\ttype \(family == .v4 ? "ipv4" : "ipv6")_addr : verdict\n\t\tsize \(learnedSize)\n\t\tflags dynamic\n\t}\n"
            }
        }
        return "\n\t# Those whose traffic has a class.\n" + maps.joined()
    }

    /// A flow that a rule has steered bears what the rule says, there and, where it passes through this machine, back. An excluded app's flow is
    /// none of them, nor is one that went the default way.
    var shaping: String {
        guard !trafficClasses.isEmpty else { return "" }
        let routes = tunnelMarks.split(separator: ", ").map { "\($0) : goto class_tunnel, " }.joined()
        return """
            \t# What the flows of rules bear, each on the way that its rule has given it.
            \tchain traffic_class {
            \t\ttype filter hook postrouting priority filter; policy accept;
            \t\toif "lo" accept
            \t\tct mark & 0xff000000 vmap { \(routes)0x02000000 : goto class_direct, 0x03000000 : goto class_lan }
            \t}

            \(SteeredRoute.allCases.map(chain).joined())\
            \(trafficClasses.enumerated().map(chain).joined())
            """
    }

    private func chain(_ route: SteeredRoute) -> String {
        var rules = ""
        for (direction, end) in [("original", "daddr"), ("reply", "saddr")] {
            for family in IPAddress.Family.allCases {
                let match = "\t\tct direction \(direction) \(family == .v4 ? "ip" : "ip6") \(end) vmap "
                let ranges = networks.compactMap { range in
                    range.action.rawValue == route.rawValue && range.first.family == family
                        ? range.handling.trafficClass.map { "\(range.text) : goto \(Self.chain(ofClass: $0))" } : nil
                }
                rules += match + "@\(SetName.classed(route, family).rawValue)\n"
                if !ranges.isEmpty { rules += match + "{ \(ranges.joined(separator: ", ")) }\n" }
            }
        }
        return "\tchain class_\(route.rawValue) {\n\(rules)\t}\n\n"
    }

    private func chain(_ number: Int, _ trafficClass: TrafficClass) -> String {
        let dscp = trafficClass.dscp.map { "\t\tip dscp set \($0)\n\t\tip6 dscp set \($0)\n" } ?? ""
        let priority = trafficClass.priority.map { "\t\tmeta priority set \($0.handle)\n" } ?? ""
        return "\tchain \(Self.chain(ofClass: number)) {\n\(dscp)\(priority)\t}\n\n"
    }
}

extension SteeredRange {
    /// As elements of sets are written.
    var text: String { first == last ? "\(first)" : "\(first)-\(last)" }
}
