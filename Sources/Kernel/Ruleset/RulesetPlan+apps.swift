// SPDX-License-Identifier: MIT
import Policy
import Wire

extension RulesetPlan {
    /// How the kernel tells excluded apps, and apps that may only use the tunnel, from all others.
    package struct Apps: Hashable, Sendable {
        /// How deep their control groups lie in the hierarchy (`socket cgroupv2 level`).
        package var level: Int
        /// Where everybody asks us.
        package var listen: [ServerAddress]
        /// Where lookups of each class arrive instead: at 127.0.0.53 or [::1], one port for UDP and TCP. The listener is the class.
        package var excluded: [ServerAddress]
        package var tunneled: [ServerAddress]
        /// Whether excluded apps may ask other servers by themselves, as if there were no tunnel (`profile = "mobile"`).
        package var excludedAskOthers: Bool

        package init(
            level: Int, listen: [ServerAddress], excluded: [ServerAddress], tunneled: [ServerAddress], excludedAskOthers: Bool
        ) {
            self.level = level
            self.listen = listen
            self.excluded = excluded
            self.tunneled = tunneled
            self.excludedAskOthers = excludedAskOthers
        }
    }

    private func match(_ set: SetName, _ verdict: String) -> String {
        guard let apps else { return "" }
        return "\t\tsocket cgroupv2 level \(apps.level) @\(set.rawValue) \(verdict)\n"
    }

    /// UDP flows of a class have conntrack entries of their own: a port that another class used before leads to none of its. Those of TCP begin
    /// anew with each SYN; and what the kernel sends for a socket that is gone would find no entry of its class.
    ///
    /// What others ask us on this machine, and our answers, need no entry: without it a lookup takes 5 µs less of those who ask and 2 of us.
    var classes: String {
        guard let apps else { return "" }
        let places = apps.listen.filter(\.address.isLoopback)
        let answers = places.map { "\t\t\(Self.word($0)) saddr \($0.address) udp sport \($0.port) notrack accept\n" }
        let questions = places.map { "\t\t\(Self.word($0)) daddr \($0.address) udp dport \($0.port) notrack\n" }
        return """
            \t# Before conntrack: a port that an app of another class used before does not lead to that one's entry; and plain lookups leave none.
            \tchain classes {
            \t\ttype filter hook output priority raw; policy accept;
            \t\tmeta l4proto != udp accept
            \(answers.joined())\(match(.appsOutside, "ct original zone set 21249 accept"))\(match(.appsTunnel, "ct original zone set 21250 accept"))\
            \(questions.joined())\
            \t}

            """
    }

    private static func word(_ place: ServerAddress) -> String { place.address.family.word }

    /// The rows of MATRIX.md, "Traffic", that know who sends.
    var appClasses: String { match(.appsOutside, "goto excluded") + match(.appsTunnel, "goto tunneled") }

    var appChains: String {
        guard let apps else { return "" }
        return """
            \tchain excluded {
            \(apps.excludedAskOthers ? "" : foreignLookups)\t\tct mark set ct mark & 0x00ffffff | 0x04000000
            \t\tgoto enter_outside
            \t}

            \tchain tunneled {
            \(foreignLookups)\t\tip daddr @tunnel4 goto to_tunnel_only
            \t\tip6 daddr @tunnel6 goto to_tunnel_only
            \t\tgoto to_named
            \t}


            """
    }

    /// The hooks that bring lookups to the listener of their class, and captured ones to us.
    var lookups: String {
        guard apps != nil || capture != nil else { return "" }
        return """
            \t# Lookups of apps of a class go to its listener: the listener is the class.
            \tchain bring {
            \t\ttype nat hook output priority -100; policy accept;
            \t\tmeta mark & 0xff000000 != 0x00000000 accept
            \(match(.appsOutside, "goto bring_excluded"))\(match(.appsTunnel, "goto bring_tunneled"))\(capturing)\
            \t}

            \(apps.map(bringing) ?? "")\(capture == nil ? "" : passing)\
            \t# These listeners are for those whom the kernel sends there.
            \tchain doors {
            \t\ttype filter hook input priority filter; policy accept;
            \(doors)\
            \t}

            """
    }

    private func bringing(_ apps: Apps) -> String {
        func chain(_ name: String, _ listeners: [ServerAddress], _ more: String) -> String {
            let rules = apps.listen.compactMap { place -> String? in
                guard let listener = listeners.first(where: { $0.address.family == place.address.family }) else { return nil }
                return "\t\tmeta l4proto { tcp, udp } \(Self.destination(place)) dnat \(place.address.family.word) to \(listener)\n"
            }
            return "\tchain \(name) {\n" + rules.joined() + more + "\t}\n\n"
        }
        let others = capture == nil ? "" : "\t\tfib daddr type local return\n"
        let tunneled = apps.tunneled.map {
            "\t\tmeta nfproto \($0.address.family == .v4 ? "ipv4" : "ipv6") meta l4proto { tcp, udp } th dport 53 dnat \($0.address.family.word) to \($0)\n"
        }
        return chain("bring_excluded", apps.excluded, apps.excludedAskOthers || capture == nil ? "" : others + capturing)
            + chain("bring_tunneled", apps.tunneled, capture == nil ? "" : others + tunneled.joined())
    }

    /// Other programs' own lookups, where they would leave this machine.
    private var capturing: String {
        guard let capture else { return "" }
        return "\t\tfib daddr type != local meta l4proto { tcp, udp } th dport 53 counter redirect to :\(capture)\n"
    }

    private var passing: String {
        """
        \tchain bring_passing {
        \t\ttype nat hook prerouting priority dstnat; policy accept;
        \t\tiif "lo" accept
        \t\tiifname @tunnel_links accept
        \(capturing)\
        \t}


        """
    }

    private var doors: String {
        let listeners = (apps?.excluded ?? []) + (apps?.tunneled ?? [])
        let ports = Set(listeners.map(\.port) + (capture.map { [$0] } ?? [])).sorted().map(String.init).joined(separator: ", ")
        let others = "\t\tmeta l4proto != { tcp, udp } accept\n\t\tth dport != { \(ports) } accept\n"
        let places = listeners.map(Self.destination) + (capture.map { ["th dport \($0)"] } ?? [])
        return others + places.map { "\t\t\($0) ct direction original ct status ! dnat counter drop\n" }.joined()
    }

    /// The address and port as a match; a listener at all addresses is one at any of this machine.
    private static func destination(_ place: ServerAddress) -> String {
        let all = place.address == IPAddress("0.0.0.0") || place.address == IPAddress("::")
        let address =
            all
            ? "meta nfproto \(place.address.family == .v4 ? "ipv4" : "ipv6") fib daddr type local"
            : "\(place.address.family.word) daddr \(place.address)"
        return "\(address) th dport \(place.port)"
    }
}

extension IPAddress.Family {
    /// As nft names the family's header.
    fileprivate var word: String { self == .v4 ? "ip" : "ip6" }
}
