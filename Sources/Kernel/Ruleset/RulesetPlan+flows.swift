// SPDX-License-Identifier: MIT

/// The hooks that give each flow its path with its first packet, and keep it there.
///
/// In the upper eight bits of a connection's mark stands its path; 0x04: outside, of an excluded app; 0x0c: as the kernel routes, for as
/// long as no tunnel is wanted; 0x0d: as the kernel routes, for as long as that is the default; 0x0f: as the kernel routes, whatever the
/// default; 0x10 to 0x19: by that node; 0x20 to 0x29: it came in by that node.
extension RulesetPlan {
    var output: String {
        """
        \t# This machine's own packets. A changed mark routes them anew.
        \tchain output {
        \t\ttype route hook output priority mangle; policy accept;
        \t\toif "lo" accept
        \t\tfib daddr type local accept
        \t\t# The tunnel's own addresses while its device is gone: not even what refuses its connections goes elsewhere.
        \t\tip daddr @tunnel_own4 counter drop
        \t\tip6 daddr @tunnel_own6 counter drop
        \(Self.untouched)\t\tmeta mark @foreign_marks accept
        \t\tmeta mark & 0xff000000 != 0x00000000 meta skuid != 0 meta mark set meta mark & 0x00ffffff
        \t\tmeta mark & 0xff000000 { \(tunnelMarks), 0x02000000, 0x03000000 } goto own_socket
        \t\t# An error about a packet of a flow that is not known here would leave by whichever way.
        \t\tmeta l4proto { icmp, ipv6-icmp } ct state invalid counter drop
        \t\tct direction reply goto answer
        \(appClasses)\(foreignLookups)\(Self.movedFlows)\
        \t\tct mark & 0xff000000 vmap { \(knownFlows), 0x0c000000 : goto enter_unwanted, \(byDefault("by_default")), 0x0f000000 : goto as_routed }
        \t\tgoto choose
        \t}

        \tchain choose {
        \t\t# A session with a server here that was there before us goes on; with its first packet seen, conntrack cannot know who called.
        \t\ttcp flags & (syn | rst) == 0x0 ct mark & 0xff000000 == 0x00000000 tcp sport @listening goto as_routed
        \t\tjump classify
        \(localNetworks("as_routed"))\(routingDefault == .tunnel ? Self.intoTheTunnel("unwanted") : "\t\tgoto by_default\n")\
        \t}

        \t# Sockets that sluice has marked: it has decided already. Only where it may ask, and a WireGuard device only to its endpoints.
        \tchain own_socket {
        \t\tip daddr . th dport . meta mark @resolvers4 goto own_path
        \t\tip6 daddr . th dport . meta mark @resolvers6 goto own_path
        \t\tmeta l4proto udp ip daddr . udp dport . meta mark @endpoints4 goto own_path
        \t\tmeta l4proto udp ip6 daddr . udp dport . meta mark @endpoints6 goto own_path
        \t\tcounter reject with icmpx admin-prohibited
        \t}

        \tchain own_path {
        \(ownTunnelFlows)\
        \t\tmeta mark & 0xff000000 == 0x02000000 ct mark set ct mark & 0x00ffffff | 0x02000000
        \t\tmeta mark & 0xff000000 == 0x03000000 ct mark set ct mark & 0x00ffffff | 0x03000000
        \t\taccept
        \t}

        \(appChains)\
        \t# Replies, and errors about packets that passed, go back the way they came. But one packet forged from outside makes what an
        \t# app sends of its own look like a reply: a first SYN is none, nor is UDP from a port of the ephemeral range or to a tunnel address.
        \tchain answer {
        \(foreignCannotAnswer("no_answer"))\
        \t\t# To whoever began a flow that goes on in the tunnel, behind us.
        \t\tmeta l4proto { icmp, ipv6-icmp } ct state related ct mark & 0xff000000 { \(tunnelMarks) } accept
        \t\ttcp flags & rst == rst ct mark & 0xff000000 { \(tunnelMarks) } accept
        \t\tct mark & 0xff000000 { \(tunnelMarks + arrivalMarks) } goto enter_tunnel
        \t\ttcp flags & (syn | ack) == syn goto no_answer
        \t\tmeta l4proto tcp ct mark & 0xff000000 == 0x00000000 tcp sport != @listening goto no_answer
        \t\tudp sport \(ports(ephemeral)) goto no_answer
        \(Self.tunnelAddresses("goto no_answer"))\t\toifname @tunnel_links goto enter_outside
        \t\taccept
        \t}

        \tchain no_answer {
        \(appClasses)\(foreignLookups)\t\tgoto choose
        \t}

        \t# As the kernel routes, but not into the tunnel.
        \tchain by_default {
        \t\toifname @tunnel_links goto to_outside
        \t\tct mark set ct mark & 0x00ffffff | 0x0d000000
        \t\taccept
        \t}

        \tchain as_routed {
        \t\toifname @tunnel_links goto to_outside
        \t\tct mark set ct mark & 0x00ffffff | 0x0f000000
        \t\taccept
        \t}

        """
    }

    var prerouting: String {
        """
        \t# Packets from elsewhere, before they are routed.
        \tchain prerouting {
        \t\ttype filter hook prerouting priority mangle; policy accept;
        \t\tiif "lo" accept
        \(fromNodes)\
        \t\t# CVE-2019-14899: nobody outside the tunnel speaks to its addresses.
        \t\tip daddr @tunnel_own4 counter drop
        \t\tip6 daddr @tunnel_own6 counter drop
        \t\tmeta l4proto udp ip saddr . udp sport . udp dport @ended4 counter drop
        \t\tmeta l4proto udp ip6 saddr . udp sport . udp dport @ended6 counter drop
        \t\tct direction reply goto answer_passing
        \t\tfib daddr type vmap { local : goto arrived, broadcast : accept, multicast : accept, anycast : accept }
        \(foreignLookups)\(Self.movedFlows)\
        \t\tct mark & 0xff000000 vmap { \(knownFlows), 0x0c000000 : goto pass_unwanted, \(byDefault("pass_by_default")), 0x0f000000 : goto pass_as_routed }
        \t\tgoto choose_passing
        \t}

        \tchain choose_passing {
        \t\tjump classify
        \(localNetworks("pass_as_routed"))\(routingDefault == .tunnel ? Self.intoTheTunnel("pass_unwanted") : "\t\tgoto pass_by_default\n")\
        \t}

        \tchain answer_passing {
        \(foreignCannotAnswer("no_answer_passing"))\
        \t\tct mark & 0xff000000 { \(tunnelMarks + arrivalMarks) } goto enter_tunnel
        \t\ttcp flags & (syn | ack) == syn goto no_answer_passing
        \t\tudp sport \(ports(ephemeral)) ip saddr @private4 ip daddr != @private4 goto no_answer_passing
        \t\tudp sport \(ports(ephemeral)) ip6 saddr @private6 ip6 daddr != @private6 goto no_answer_passing
        \(Self.tunnelAddresses("goto no_answer_passing"))\
        \t\tct mark & 0xff000000 { 0x02000000, 0x04000000 } meta mark set meta mark & 0x00ffffff | 0x02000000
        \t\tct mark & 0xff000000 == 0x03000000 meta mark set meta mark & 0x00ffffff | 0x03000000
        \t\taccept
        \t}

        \tchain no_answer_passing {
        \(foreignLookups)\t\tgoto choose_passing
        \t}

        \tchain arrived {
        \t\ttcp flags & (syn | rst) == 0x0 ct mark & 0xff000000 == 0x00000000 tcp dport != @listening jump middle
        \t\tct mark & 0xff000000 == 0x00000000 ct mark set ct mark & 0x00ffffff | 0x0f000000
        \t\taccept
        \t}

        \(middle)
        \tchain pass_by_default {
        \t\tfib daddr . mark oifname @tunnel_routes goto to_outside
        \t\tct mark set ct mark & 0x00ffffff | 0x0d000000
        \t\taccept
        \t}

        \tchain pass_as_routed {
        \t\tfib daddr . mark oifname @tunnel_routes goto to_outside
        \t\tct mark set ct mark & 0x00ffffff | 0x0f000000
        \t\taccept
        \t}

        """
    }

    /// What is neither TCP nor ICMP and goes to an address of a tunnel rule.
    private static func tunnelAddresses(_ verdict: String) -> String {
        ["ip daddr @tunnel4", "ip6 daddr @tunnel6", "ip daddr @tunnel4_net", "ip6 daddr @tunnel6_net"]
            .map { "\t\tmeta l4proto != { tcp, icmp, ipv6-icmp } \($0) \(verdict)\n" }.joined()
    }

    /// What must work before there is a path: addresses, neighbours, group membership.
    static let untouched = """
        \t\tudp sport . udp dport { 68 . 67 } ip daddr != @tunnel4 accept
        \t\tudp sport . udp dport { 546 . 547 } ip6 daddr != @tunnel6 accept
        \t\ticmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
        \t\ticmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept
        \t\tip protocol igmp accept

        """

    private var knownFlows: String {
        tunnelMarks.split(separator: ", ").map { "\($0) : goto enter_tunnel, " }.joined()
            + "0x02000000 : goto enter_outside, 0x03000000 : goto enter_lan"
    }

    private static func intoTheTunnel(_ otherwise: String) -> String {
        "\t\tmeta nfproto != @tunnel_unwanted goto to_tunnel\n\t\tgoto \(otherwise)\n"
    }

    /// Flows that went the default way, when that was outside.
    private func byDefault(_ chain: String) -> String {
        switch routingDefault {
        case .direct: "0x0d000000 : goto \(chain)"
        case .tunnel: "0x0d000000 : goto moved"
        }
    }

    func ports(_ range: ClosedRange<UInt16>) -> String { "\(range.lowerBound)-\(range.upperBound)" }

    /// Nobody asks us from port 53 or 853: what goes there is a question, however the flow looks.
    private func foreignCannotAnswer(_ chain: String) -> String {
        switch foreign {
        case .allow: ""
        case .reject, .capture: "\t\tmeta l4proto { tcp, udp } th dport { 53, 853 } goto \(chain)\n"
        }
    }

    /// What a program here has called before us would count as having called it, if the other side speaks first.
    private var middle: String {
        var rules = ["ip saddr @tunnel4", "ip6 saddr @tunnel6", "ip saddr @tunnel4_net", "ip6 saddr @tunnel6_net"]
            .map { "\t\t\($0) meta nfproto != @tunnel_unwanted counter drop\n" }
        switch routingDefault {
        case .direct: break
        case .tunnel:
            rules.append("\t\tmeta nfproto @tunnel_unwanted return\n")
            rules += (lanSharing ? ["private", "direct", "lan"] : ["direct", "lan"]).flatMap { set in
                ["\t\tip saddr @\(set)4 return\n", "\t\tip6 saddr @\(set)6 return\n"]
            }
            rules += ["\t\tip saddr @direct4_net return\n", "\t\tip6 saddr @direct6_net return\n", "\t\tcounter drop\n"]
        }
        return """
            \t# A flow in whose middle we begin, at a port where nobody listens: where it could not begin now it does not go on.
            \tchain middle {
            \(rules.joined())\
            \t}

            """
    }

    /// Flows outside whose address has become one of a tunnel rule since they began.
    private static let movedFlows = ["ip daddr @tunnel4", "ip6 daddr @tunnel6"]
        .map { "\t\tct mark & 0xff000000 { 0x02000000, 0x0d000000, 0x0f000000 } \($0) goto moved\n" }.joined()

    /// Port 53 and 853 that is not ours: refused at once, brought to us, or let go. What is brought to us goes on to the hook that does it.
    var foreignLookups: String {
        switch foreign {
        case .allow: ""
        case .reject:
            """
            \t\t# Only sluice speaks DNS to others.
            \t\ttcp dport { 53, 853 } counter reject with tcp reset
            \t\tudp dport { 53, 853 } counter reject with icmpx port-unreachable

            """
        case .capture:
            """
            \t\t# Only sluice speaks DNS to others: the hooks below bring it what it can read.
            \t\tmeta l4proto { tcp, udp } th dport 53 accept
            \t\ttcp dport 853 counter reject with tcp reset
            \t\tudp dport 853 counter reject with icmpx port-unreachable

            """
        }
    }

    /// Local networks go their own way whatever the default.
    private func localNetworks(_ routed: String) -> String {
        ["ip daddr @private4", "ip6 daddr @private6", "ip daddr { 224.0.0.0/4, 255.255.255.255 }", "ip6 daddr ff00::/8"]
            .map { lanSharing ? "\t\t\($0) goto \(routed)\n" : Self.refuse($0, "admin-prohibited") }.joined()
    }
}
