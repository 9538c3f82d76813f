// SPDX-License-Identifier: MIT

/// Which path an address has, and the ways onto it.
extension RulesetPlan {
    /// The rows of MATRIX.md, "Traffic", that know addresses. Returns for what none of them names.
    var classify: String {
        """
        \t# The first that fits decides. What none names returns, and goes the default way.
        \tchain classify {
        \t\tip daddr @tunnel4 goto to_tunnel
        \t\tip6 daddr @tunnel6 goto to_tunnel
        \t\tip daddr @tunnel4_net goto to_tunnel_net
        \t\tip6 daddr @tunnel6_net goto to_tunnel_net
        \t\tip daddr @direct4 goto to_outside
        \t\tip6 daddr @direct6 goto to_outside
        \t\tip daddr @direct4_net goto to_outside
        \t\tip6 daddr @direct6_net goto to_outside
        \t\tip daddr @lan4 goto to_lan
        \t\tip6 daddr @lan6 goto to_lan
        \t\tip daddr @lan4_net goto to_lan
        \t\tip6 daddr @lan6_net goto to_lan
        \(Self.refuse("ip daddr @block4_net", "admin-prohibited"))\(Self.refuse("ip6 daddr @block6_net", "admin-prohibited"))\
        \t}

        """
    }

    /// Refuses what fits so that the program hears of it at once; a second routing that fails would let it wait for seconds.
    ///
    /// The kernel keeps an ICMP error from a socket that is inside connect(). Measured on 6.18: an IPv4 socket that does not block sees
    /// EHOSTUNREACH at once nevertheless, one that blocks with its second SYN, after a second; an IPv6 socket in both cases after a
    /// second. So a first SYN of IPv6 is reset instead (ECONNREFUSED within 0.2 ms); a connection that stands outlives a short closure.
    static func refuse(_ what: String, _ reason: String) -> String {
        let match = what.isEmpty ? "" : what + " "
        let six =
            match.hasPrefix("ip ")
            ? ""
            : "\t\t\(match)\(match.hasPrefix("ip6") ? "" : "meta nfproto ipv6 ")tcp flags & (syn | ack) == syn counter reject with tcp reset\n"
        return six + "\t\t\(match)counter reject with icmpx \(reason)\n"
    }

    /// `to_…` begins a flow on its path, `enter_…` lets a packet of a known flow go on.
    var paths: String {
        """
        \tchain to_tunnel {
        \(tunnelRulesWhenDisconnectedSystem ? "\t\tmeta nfproto @tunnel_unwanted goto unwanted\n" : "")\
        \t\tgoto to_tunnel_only
        \t}

        \t# The same for networks, of which some name their node.
        \tchain to_tunnel_net {
        \(tunnelRulesWhenDisconnectedSystem ? "\t\tmeta nfproto @tunnel_unwanted goto unwanted\n" : "")\
        \t\tgoto to_named
        \t}

        \tchain to_named {
        \t\tip daddr vmap @named4_net
        \t\tip6 daddr vmap @named6_net
        \t\tgoto to_tunnel_only
        \t}

        \tchain to_tunnel_only {
        \(namesTunnels ? namedNodes : "")\
        \t\tmeta nfproto vmap @tunnel_enter
        \t\tgoto tunnel_closed
        \t}

        \tchain enter_tunnel {
        \t\tmeta nfproto @tunnel_unwanted goto moved
        \t\tmeta nfproto ipv4 ct mark & 0xff000000 vmap @tunnel_flows4
        \t\tmeta nfproto ipv6 ct mark & 0xff000000 vmap @tunnel_flows6
        \t\tgoto tunnel_closed
        \t}

        \tchain tunnel_closed {
        \(Self.refuse("", "host-unreachable"))\
        \t}

        \t# Flows that what has changed since they began forbids. A new one finds its way at once; sluice then ends these for good.
        \tchain moved {
        \t\tmeta l4proto tcp counter reject with tcp reset
        \t\tcounter reject with icmpx host-unreachable
        \t}

        \t# As the kernel routes, but not into the tunnel, and only until one is wanted.
        \tchain unwanted {
        \t\t# With a tunnel's device its flows are forgotten: the middle of one is not for outside.
        \t\ttcp flags & (syn | rst) == 0x0 ct mark & 0xff000000 == 0x00000000 counter reject with tcp reset
        \t\tct mark set ct mark & 0x00ffffff | 0x0c000000
        \t\tgoto enter_unwanted
        \t}

        \tchain enter_unwanted {
        \t\tmeta nfproto != @tunnel_unwanted goto moved
        \t\toifname @tunnel_links goto enter_outside
        \t\taccept
        \t}

        \tchain pass_unwanted {
        \t\tmeta nfproto != @tunnel_unwanted goto moved
        \t\ttcp flags & (syn | rst) == 0x0 ct mark & 0xff000000 == 0x00000000 counter reject with tcp reset
        \t\tct mark set ct mark & 0x00ffffff | 0x0c000000
        \t\tfib daddr . mark oifname @tunnel_routes goto enter_outside
        \t\taccept
        \t}

        \tchain to_outside {
        \t\tct mark set ct mark & 0x00ffffff | 0x02000000
        \t\tgoto enter_outside
        \t}

        \tchain enter_outside {
        \(Self.refuse("oifname @tunnel_links meta nfproto != @outside_open", "no-route"))\
        \t\tmeta mark set meta mark & 0x00ffffff | 0x02000000
        \t\taccept
        \t}

        \tchain to_lan {
        \(Self.refuse("ip daddr != @private4", "admin-prohibited"))\(Self.refuse("ip6 daddr != @private6", "admin-prohibited"))\
        \t\tct mark set ct mark & 0x00ffffff | 0x03000000
        \t\tgoto enter_lan
        \t}

        \tchain enter_lan {
        \(Self.refuse("oifname @tunnel_links meta nfproto != @outside_open", "no-route"))\
        \t\tmeta mark set meta mark & 0x00ffffff | 0x03000000
        \t\taccept
        \t}

        """
    }
}
