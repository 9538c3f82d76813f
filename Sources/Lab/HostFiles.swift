// SPDX-License-Identifier: MIT

/// What stands under /etc on the lab's host, apart from WireGuard's files.
enum HostFiles {
    static let all: [(path: String, text: String)] = [
        ("/etc/resolv.conf", resolvConf), ("/etc/hosts", hosts), ("/etc/sluice/sluice.toml", configuration),
        ("/etc/sluice/rules.d/lab.rules", rules),
    ]

    static let hostName = "lab"

    private static let resolvConf = "nameserver 127.0.0.53\noptions edns0 trust-ad\n"

    private static let hosts = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 \(hostName)\n"

    /// /etc/nsswitch.conf of the machine, with hosts from the file and DNS alone: mDNS or systemd-resolved would ask round us.
    static func nameServices(from machines: String) -> String {
        let others = machines.split(separator: "\n").filter { !$0.hasPrefix("hosts:") }
        return (others + ["hosts: files dns"]).map { $0 + "\n" }.joined()
    }

    private static let configuration = """
        # The lab's host. Every other key has its default.
        [dns]
        system_servers = ["198.51.100.53", "192.168.77.1"]    # as DHCP of eth0 and lan0 would have given them

        [[tunnel]]
        name   = "relay1"
        config = "/etc/wireguard/wg1.conf"

        [[tunnel]]
        name   = "relay2"
        config = "/etc/wireguard/wg2.conf"

        [rules]
        files = ["/etc/sluice/rules.d/*.rules"]

        """

    private static let rules = """
        # One rule of each kind. What a name gets: `sluice why NAME`.
        tunnel    corp.example       # the company: looked up at the relay, connections in the tunnel
        direct    *.video.example    # below it, not the name itself: looked up at the system's resolver, connections outside
        lan       nas.home           # the machine in the house, at 192.168.77.15
        block     ads.example        # NXDOMAIN
        tunnel    10.20.0.0/16       # the company's network, whoever gave the address

        """
}
