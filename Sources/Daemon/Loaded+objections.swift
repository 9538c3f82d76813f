// SPDX-License-Identifier: MIT
import Configuration
import Policy
import RuleFiles
import Rules
import Steering
import Wire

/// What rules and includes say of tunnels and servers, held against the configuration.
extension Loaded {
    static func objections(of configuration: Configuration, _ path: String) -> RuleBookReader.Objections {
        let names = configuration.tunnel.map(\.name)
        let own = Set(configuration.dns.listen.map(\.address))
        let ranges = configuration.privateRanges
        var isToldOfTunnel = !names.isEmpty
        var classes: Set<TrafficClass> = []
        return { treatment, pattern, place in
            var problems: [Problem] = []
            func object(_ severity: Problem.Severity, _ text: String, hint: String? = nil) {
                problems.append(Problem(severity, file: place.file, line: place.line, column: place.column, text, hint: hint))
            }
            if treatment.action == .tunnel, !isToldOfTunnel {
                isToldOfTunnel = true
                object(.warning, "there is no tunnel: what tunnel rules name is refused", hint: "add a [[tunnel]] to \(path)")
            }
            if let tunnel = treatment.tunnel, !names.contains(tunnel) {
                let near = nearestWord(to: tunnel, among: names).map { "did you mean tunnel:\($0)? " } ?? ""
                object(
                    .error, "there is no tunnel '\(tunnel)'",
                    hint: names.isEmpty
                        ? "the configuration has no [[tunnel]]" : near + "the configuration has " + names.joined(separator: ", "))
            }
            // Before any rule is looked at, packets to ourselves are let go; link-local and multicast ones a rule may well move.
            if case .network(let network)? = pattern, let why = SteeringGuard.never(network.address),
                why == SteeringGuard.never(network.last),
                [.loopback, .unspecified, .mapped].contains(why)
            {
                object(.warning, "\(network) has no effect: no packet with such an address (\(why.rawValue)) leaves this machine")
            }
            if let trafficClass = treatment.options.trafficClass {
                if treatment.action == .block {
                    object(.warning, "dscp and priority have no effect: what is blocked has no traffic")
                } else if classes.insert(trafficClass).inserted, classes.count == TrafficClasses.most + 1 {
                    object(
                        .warning, "more than \(TrafficClasses.most) different pairs of dscp and priority: those from here on have no effect"
                    )
                }
            }
            guard let via = treatment.options.via else { return problems }
            for fault in Configuration.faults(of: via) { object(.error, fault.message, hint: fault.hint) }
            if own.contains(via.address) {
                object(.error, "\(via) is our own address: a question would come back for ever")
            } else if treatment.action == .lan, !ranges.contains(via.address) {
                let what = pattern.map { $0.text } ?? "include …"
                object(
                    .error, "\(via) is not private, and a lan name is asked of private servers only",
                    hint: "direct \(what) via \(via) asks it outside the tunnel")
            }
            return problems
        }
    }
}
