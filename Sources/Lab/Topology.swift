// SPDX-License-Identifier: MIT

/// Who is connected to whom, under which addresses. Pure: it becomes text for `ip -batch`, and others carry that out.
struct Topology {
    var links: [Link]
    /// Addresses of a place that stand on no link.
    var inner: [Place: [String]]
    var routes: [Place: [Route]]
    var relays: [Relay]

    struct Link {
        let from: End
        let to: End

        struct End {
            let place: Place
            let device: String
            /// With prefix length.
            let addresses: [String]
        }
    }

    struct Route {
        let to: String
        let via: String
    }

    /// Makes every cable, wherever its ends are.
    var cables: String {
        links.map { link in
            "link add name \(link.from.device) netns \(link.from.place.rawValue)"
                + " type veth peer name \(link.to.device) netns \(link.to.place.rawValue)\n"
        }.joined()
    }

    /// Addresses, links up and routes within one place, once cables and WireGuard devices are there.
    func setup(of place: Place) -> String {
        var devices = links.flatMap { [$0.from, $0.to] }.filter { $0.place == place }.map { ($0.device, $0.addresses) }
        devices += relays.filter { $0.place == place }.map { ($0.device, $0.addresses) }
        devices.append(("lo", inner[place, default: []]))
        var lines: [String] = []
        for (device, addresses) in devices {
            lines += addresses.map { "address add \($0) dev \(device)" } + ["link set \(device) up"]
        }
        lines += routes[place, default: []].map { "route add \($0.to) via \($0.via)" }
        return lines.map { $0 + "\n" }.joined()
    }
}
