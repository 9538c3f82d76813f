// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Wire

/// Links, routes and rules, and what the kernel makes of them.
struct Routing: Sendable {
    var interfaces: [Machine.Interface] = []
    var defaults: [Machine.Default] = []
    var ways: [Machine.Way] = []
    var rules: [PolicyRule] = []
    var failure: String?

    /// Somewhere on the net, for whose sake no packet is sent: a.root-servers.net.
    private static let farAway: [IPAddress] = [.v4(0xC629_0004), .v6(high: 0x2001_0503_BA3E_0000, low: 0x0000_0000_0002_0030)]

    static func read() -> Routing {
        var routing = Routing()
        do throws(KernelError) {
            var socket = try RouteSocket()
            let links = try socket.links()
            let addresses = try socket.addresses()
            func name(_ index: UInt32) -> String { links.first { $0.index == index }?.name ?? "interface \(index)" }
            routing.interfaces = links.map { link in
                var interface = Machine.Interface(name: link.name)
                interface.index = link.index
                interface.kind = link.kind
                interface.addresses = addresses.filter { $0.link == link.index }.map(\.address)
                // A dot in a device's name is written as it is; a slash cannot be in one.
                let folder = "/proc/sys/net/ipv4/conf/\(link.name)/"
                interface.reversePath = TextFile.number(folder + "rp_filter")
                interface.sourceValidMark = TextFile.number(folder + "src_valid_mark").map { $0 == 1 }
                return interface
            }
            routing.defaults = try socket.defaultRoutes().map { .init($0.family, by: name($0.link), gateway: $0.gateway) }
            routing.rules = try socket.policyRules()
            for address in farAway {
                for mark in [0] + Path.allCases.map(\.mark) {
                    switch try socket.lookup(address, mark: mark) {
                    case .by(let way): routing.ways.append(.init(address.family, mark: mark, by: name(way.link), gateway: way.gateway))
                    case .refused: routing.ways.append(.init(address.family, mark: mark, by: nil))
                    }
                }
            }
        } catch {
            routing.failure = "\(error)"
        }
        return routing
    }

    func add(to machine: inout Machine) {
        machine.interfaces = interfaces
        machine.defaults = defaults
        machine.ways = ways
        machine.rules = rules
        if let failure { machine.lose(.routes, "routes (\(failure))") }
    }
}
