// SPDX-License-Identifier: MIT

extension Topology {
    /// The network of DESIGN.md, "The lab".
    static let lab = Topology(
        links: [
            Link(
                from: .init(place: .host, device: "lan0", addresses: ["192.168.77.10/24", "fd77::10/64"]),
                to: .init(
                    place: .lan, device: "lan0", addresses: ["192.168.77.1/24", "192.168.77.15/24", "fd77::1/64", "fd77::15/64"])),
            Link(
                from: .init(place: .host, device: "eth0", addresses: ["198.51.100.10/24", "2001:db8:51::10/64"]),
                to: .init(
                    place: .inet, device: "host",
                    // The system resolver stands on the link: neighbour discovery answers for no address of another device.
                    addresses: ["198.51.100.1/24", "198.51.100.53/24", "2001:db8:51::1/64", "2001:db8:51::53/64"])),
            Link(
                from: .init(place: .inet, device: "relay1", addresses: ["203.0.113.129/30", "2001:db8:130::1/64"]),
                to: .init(place: .relay1, device: "eth0", addresses: ["203.0.113.130/30", "2001:db8:130::2/64"])),
            Link(
                from: .init(place: .inet, device: "relay2", addresses: ["203.0.113.133/30", "2001:db8:134::1/64"]),
                to: .init(place: .relay2, device: "eth0", addresses: ["203.0.113.134/30", "2001:db8:134::2/64"])),
        ],
        inner: [
            .inet: ["203.0.113.53/32", "2001:db8:203::53/128"]
                + (10...20).flatMap { ["203.0.113.\($0)/32", "2001:db8:203::\($0)/128"] },
            // The company's network, which only relay1 knows.
            .relay1: (1...10).map { "10.20.0.\($0)/32" },
        ],
        routes: [
            .host: [Route(to: "default", via: "198.51.100.1"), Route(to: "default", via: "2001:db8:51::1")],
            .relay1: [Route(to: "default", via: "203.0.113.129"), Route(to: "default", via: "2001:db8:130::1")],
            .relay2: [Route(to: "default", via: "203.0.113.133"), Route(to: "default", via: "2001:db8:134::1")],
        ],
        relays: [
            Relay(
                place: .relay1, device: "wgr1", addresses: ["10.64.1.1/24", "fd64:1::1/64"], endpoint: "203.0.113.130",
                client: .init(device: "wg1", addresses: ["10.64.1.2/32", "fd64:1::2/128"], networks: ["0.0.0.0/0", "::/0"])),
            Relay(
                place: .relay2, device: "wgr2", addresses: ["10.64.2.1/24"], endpoint: "203.0.113.134",
                client: .init(device: "wg2", addresses: ["10.64.2.2/32"], networks: ["0.0.0.0/0"])),
        ])
}
