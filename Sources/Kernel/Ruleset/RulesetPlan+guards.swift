// SPDX-License-Identifier: MIT

/// What holds when routing has gone wrong, and the source addresses of what was routed anew.
extension RulesetPlan {
    var guards: String {
        """
        \t# What came from the tunnel is routed by now; its mark would stop it below.
        \tchain forward {
        \t\ttype filter hook forward priority mangle; policy accept;
        \t\tiifname @tunnel_links oifname != @tunnel_links meta mark set meta mark & 0x00ffffff
        \t}

        \t# Whatever the routes say: a mark and the device it leaves by must agree.
        \tchain egress {
        \t\ttype filter hook postrouting priority mangle; policy accept;
        \t\toif "lo" accept
        \(Self.untouched)\t\toifname @tunnel_links meta mark & 0xff000000 { \(tunnelMarks) } accept
        \t\toifname @tunnel_links counter drop
        \t\tmeta mark & 0xff000000 { \(tunnelMarks) } counter drop
        \t\tmeta mark & 0xff000000 == 0x03000000 ip daddr != @private4 counter drop
        \t\tmeta mark & 0xff000000 == 0x03000000 ip6 daddr != @private6 counter drop
        \t\tmeta mark & 0xff000000 != 0x00000000 accept
        \t\tmeta mark @foreign_marks accept
        \t\tip saddr @tunnel_own4 counter drop
        \t\tip6 saddr @tunnel_own6 counter drop
        \(strayLookups)\
        \t\t# What another table has turned into an address of the tunnel since it was judged.
        \t\tct direction reply accept
        \(tunnelRulesWhenDisconnectedSystem ? "\t\tmeta nfproto @tunnel_unwanted accept\n" : "")\
        \t\tip daddr @tunnel4 counter drop
        \t\tip6 daddr @tunnel6 counter drop
        \t\tip daddr @tunnel4_net counter drop
        \t\tip6 daddr @tunnel6_net counter drop
        \t}

        \t# Sources were chosen before the mark.
        \tchain srcnat {
        \t\ttype nat hook postrouting priority srcnat; policy accept;
        \t\tmeta mark & 0xff000000 { \(tunnelMarks) } iifname != @tunnel_links oifname @tunnel_links fib saddr . oif type != local masquerade
        \t\tmeta mark & 0xff000000 { 0x02000000, 0x03000000 } fib saddr type local fib saddr . oif type != local masquerade
        \t}
        \(sources)\

        """
    }

    /// Lookups of others that were under way before there was anything to bring them here.
    private var strayLookups: String {
        switch foreign {
        case .allow: ""
        case .reject, .capture:
            "\t\tmeta l4proto { tcp, udp } th dport { 53, 853 } counter drop\n"
        }
    }
}
