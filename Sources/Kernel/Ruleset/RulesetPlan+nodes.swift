// SPDX-License-Identifier: MIT
import Policy
import Wire

/// The tunnels, each a node: which one a flow begins on, and that it stays there.
extension RulesetPlan {
    private var numbered: [(node: Node, device: String)] { Array(zip(Node.first(nodes.count), nodes)).map { (node: $0, device: $1) } }

    /// Of packets that leave by a tunnel: those of our own sockets, by the one in use, and those of each node.
    var tunnelMarks: String { ([Path.tunnel.mark] + numbered.map(\.node.mark)).map(Self.hex).joined(separator: ", ") }

    /// Of flows that came in by a tunnel, each behind a comma.
    var arrivalMarks: String { numbered.map { ", " + Self.hex($0.node.arrivalMark) }.joined() }

    /// Where the addresses of rules that name their node go.
    var namedNodes: String {
        numbered.map { node, _ in
            IPAddress.Family.allCases.map { family in
                "\t\t\(family.header) daddr @\(SetName.named(node, family).rawValue) goto to_node\(node.number)\n"
            }.joined()
        }.joined()
    }

    /// What our own sockets begin in a tunnel.
    var ownTunnelFlows: String {
        ([Path.tunnel.mark] + numbered.map(\.node.mark)).map(Self.hex)
            .map { "\t\tmeta mark & 0xff000000 == \($0) ct mark set ct mark & 0x00ffffff | \($0)\n" }.joined()
    }

    var fromNodes: String {
        let entries = numbered.map { "\"\($0.device)\" : goto from_node\($0.node.number)" }.joined(separator: ", ")
        return entries.isEmpty ? "" : "\t\tiifname vmap { \(entries) }\n"
    }

    /// The chains that elements of `tunnel_enter`, `balance4`, `balance6`, `tunnel_flows4` and `tunnel_flows6` name.
    var tunnels: String {
        func spread(_ header: String, _ family: String) -> String {
            let ends = "\(header) saddr . \(header) daddr"
            return """
                \t\tmeta l4proto { tcp, udp } jhash \(ends) . th sport . th dport mod \(Node.places) seed 0x51 vmap @balance\(family)
                \t\tjhash \(ends) mod \(Node.places) seed 0x51 vmap @balance\(family)

                """
        }
        return """
            \t# A flow that conntrack has forgotten is the same again: it goes on where it was.
            \tchain spread {
            \(spread("ip", "4"))\(spread("ip6", "6"))\t\tgoto tunnel_closed
            \t}

            \t# Flows of our own sockets, by the tunnel in use.
            \tchain enter_in_use {
            \t\tmeta mark set meta mark & 0x00ffffff | \(Self.hex(Path.tunnel.mark))
            \t\taccept
            \t}

            \(numbered.map { chains(of: $0.node) }.joined())
            """
    }

    private func chains(of node: Node) -> String {
        let (mark, arrival) = (Self.hex(node.mark), Self.hex(node.arrivalMark))
        return """
            \tchain to_node\(node.number) {
            \t\t# What begins in the middle began on another path.
            \t\ttcp flags & (syn | rst) == 0x0 ct mark & 0xff000000 == 0x00000000 counter reject with tcp reset
            \t\tct mark set ct mark & 0x00ffffff | \(mark)
            \t\tgoto enter_tunnel
            \t}

            \tchain enter_node\(node.number) {
            \t\tmeta mark set meta mark & 0x00ffffff | \(mark)
            \t\taccept
            \t}

            \t# With the mark, the reverse path filter sees where the packet came from.
            \tchain from_node\(node.number) {
            \t\tmeta mark set meta mark & 0x00ffffff | \(mark)
            \t\tct state != new accept
            \t\tmeta l4proto udp ip saddr . udp sport . udp dport @ended4 counter drop
            \t\tmeta l4proto udp ip6 saddr . udp sport . udp dport @ended6 counter drop
            \t\tct mark & 0xff000000 == 0x00000000 ct mark set ct mark & 0x00ffffff | \(arrival)
            \t\taccept
            \t}


            """
    }

    /// A flow that began by one node has its address: by another's device it would betray that.
    ///
    /// Not by `fib`: of an address that two devices have it knows one only (measured on 6.18).
    var sources: String {
        guard nodes.count > 1 else { return "" }
        return """

            \t# Whatever the routes say: by a tunnel leaves only what has its address.
            \tchain sources {
            \t\ttype filter hook postrouting priority 110; policy accept;
            \t\toif "lo" accept
            \t\toifname != @tunnel_links accept
            \t\tiifname @tunnel_links accept
            \t\toifname . ip saddr @tunnel_sources4 accept
            \t\toifname . ip6 saddr @tunnel_sources6 accept
            \t\tip6 saddr fe80::/10 accept
            \t\tcounter drop
            \t}

            """
    }

    private static func hex(_ mark: UInt32) -> String {
        let digits = String(mark, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
