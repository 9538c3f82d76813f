// SPDX-License-Identifier: MIT
import Glibc

extension Resolver {
    /// The five of the lab. Each has addresses that no other one gives.
    static let lab = [
        Resolver(
            name: "relay1", place: .relay1, addresses: ["10.64.1.1", "fd64:1::1"], v4: "203.0.113.11", v6: "2001:db8:203::11",
            zones: company + orders
                + trials(
                    below: "corp.example", crossing: "end.film.video.example", at: "10.64.1.1", leased: ("203.0.113.18", "2001:db8:203::18")
                )),
        Resolver(name: "relay2", place: .relay2, addresses: ["10.64.2.1"], v4: "203.0.113.12", v6: "2001:db8:203::12"),
        Resolver(
            name: "system", place: .inet, addresses: ["198.51.100.53", "2001:db8:51::53"], v4: "203.0.113.13", v6: "2001:db8:203::13",
            zones: trials(
                below: "film.video.example", crossing: "end.corp.example", at: "198.51.100.53", leased: ("203.0.113.15", "2001:db8:203::15")
            )),
        Resolver(
            name: "public", place: .inet, addresses: ["203.0.113.53", "2001:db8:203::53"], v4: "203.0.113.14", v6: "2001:db8:203::14"),
        Resolver(
            name: "lan", place: .lan, addresses: ["192.168.77.1", "fd77::1"], v4: "192.168.77.15", v6: "fd77::15",
            zones: trials(below: "nas.home", crossing: "end.corp.example", at: "192.168.77.1", leased: ("192.168.77.15", "fd77::15"))),
    ]

    /// Names behind relay1: a private web server, and an answer of 3,012 bytes of text, too big for UDP.
    private static let company = """
            local-zone: "intranet.corp.example." static
            local-data: "intranet.corp.example. 60 IN A 10.20.0.5"
            local-data: "intranet.corp.example. 60 IN TXT relay1"
            local-zone: "big.corp.example." static
            local-data: 'big.corp.example. 60 IN TXT \(Array(repeating: #""\#(String(repeating: "relay1-", count: 35) + "relay1")""#, count: 12).joined(separator: " "))'

        """

    /// Names h0, h1 and so on below order.corp.example, each with an address of its own: 198.18.(N / 250).(N % 250 + 1), and on into 198.19.
    /// There are 10,000, or SLUICE_LAB_ORDERS, up to 128,000.
    private static let orders =
        "    local-zone: \"order.corp.example.\" static\n"
        + (0..<orderCount).map { number in
            let block = number / 250
            return "    local-data: \"h\(number).order.corp.example. 60 IN A 198.\(18 + block / 256).\(block % 256).\(number % 250 + 1)\"\n"
        }.joined()

    private static let orderCount: Int = {
        guard let text = unsafe getenv("SLUICE_LAB_ORDERS"), let count = Int(unsafe String(cString: text)) else { return 10_000 }
        return min(max(count, 0), 128_000)
    }()
}
