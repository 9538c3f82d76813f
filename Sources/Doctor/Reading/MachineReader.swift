// SPDX-License-Identifier: MIT
import Glibc
import HostDNS
import Kernel
import Policy
import Wire

/// Reads the machine. Changes nothing, sends nothing off the machine, and is done in time, whatever hangs.
package enum MachineReader {
    /// Milliseconds for everything.
    private static let limit: Int64 = 1500

    package static func read(_ daemon: DaemonSeen) -> Machine {
        let deadline = Clock.now + limit
        let places = daemon.listeners.map { Place($0.address, $0.port) }
        let routing = Later { Routing.read() }
        let sockets = Later { Sockets.read(ports: Set([53] + places.map(\.port)), asking: places) }
        let browsers = Later { BrowserFiles.read(homes: BrowserFiles.homes()) }
        let tables = Later { Tables.read() }
        let names = Later { HostDNSSeen.read() }
        let settings = Later { Settings.read() }

        var machine = Machine(daemon: daemon)
        if let found = routing.value(until: deadline) {
            found.add(to: &machine)
        } else {
            machine.blind.append("routes (no answer from the kernel in time)")
        }
        if let found = sockets.value(until: deadline) {
            machine.holders = found.holders
            machine.answers = found.answers
            machine.processes = found.processes
            if geteuid() != 0, found.holders.contains(where: { $0.process == nil }) { machine.blind.append("which processes hold port 53") }
        } else {
            machine.blind.append("processes and sockets (not read in time)")
        }
        if let found = browsers.value(until: deadline) {
            machine.browsers = found.browsers
            let unread = found.unread.joined(separator: ", ")
            if !unread.isEmpty { machine.blind.append("browsers of \(unread)") }
        } else {
            machine.blind.append("browsers (home folders not read in time)")
        }
        if let found = tables.value(until: deadline) {
            machine.tables = found.tables
            machine.hasOurTable = found.hasOurs
            machine.blind += found.blind
        } else {
            machine.blind.append("firewall tables (not read in time)")
        }
        if let found = names.value(until: deadline) { machine.hostDNS = found } else { machine.blind.append("/etc/resolv.conf (not read in time)") }
        if let found = settings.value(until: deadline) {
            machine.ufwEnabled = found.ufw
            machine.dockerNamesServers = found.docker
            machine.forwards = found.forwards
            machine.reversePathOfAll = found.reversePath
            machine.sourceValidMarkOfAll = found.sourceValidMark
        }
        return machine
    }

    private struct Settings: Sendable {
        var ufw = false
        var docker = false
        var forwards: Set<IPAddress.Family> = []
        var reversePath: Int?
        var sourceValidMark: Bool?

        static func read() -> Settings {
            var settings = Settings()
            let ufw = TextFile.text("/etc/ufw/ufw.conf")?.split(separator: "\n") ?? []
            settings.ufw = ufw.contains { $0.lowercased() == "enabled=yes" }
            settings.docker = TextFile.text("/etc/docker/daemon.json")?.contains("\"dns\"") ?? false
            if TextFile.number("/proc/sys/net/ipv4/ip_forward") == 1 { settings.forwards.insert(.v4) }
            if TextFile.number("/proc/sys/net/ipv6/conf/all/forwarding") == 1 { settings.forwards.insert(.v6) }
            settings.reversePath = TextFile.number("/proc/sys/net/ipv4/conf/all/rp_filter")
            settings.sourceValidMark = TextFile.number("/proc/sys/net/ipv4/conf/all/src_valid_mark").map { $0 == 1 }
            return settings
        }
    }
}

private struct Sockets: Sendable {
    var holders: [PortHolder] = []
    var answers: [Place: Bool] = [:]
    var processes: Set<String> = []

    static func read(ports: Set<UInt16>, asking ours: [Place]) -> Sockets {
        var sockets = Sockets()
        sockets.processes = Processes.names()
        sockets.holders = HostPaths().holders(ofPorts: ports)
        var places: [Place] = []
        for holder in sockets.holders where holder.transport == .udp {
            let address = holder.place.address
            // A link-local address would need its interface, and is no place for a resolver of programs.
            guard !address.isLinkLocal || address.family == .v4 else { continue }
            let place = address.isUnspecified ? Place(address.loopback, holder.place.port) : holder.place
            if !places.contains(place) { places.append(place) }
        }
        for place in ours where !places.contains(place) && sockets.holders.contains(where: { $0.takes(place) }) { places.append(place) }
        sockets.answers = LocalQuestion.ask(places)
        return sockets
    }
}

private struct Tables: Sendable {
    var tables: [FirewallTable]?
    var hasOurs: Bool?
    var blind: [String] = []

    static func read() -> Tables {
        var found = Tables()
        do throws(KernelError) {
            let (others, hasOurs) = FirewallTable.others(inRuleset: try Nftables().wholeRuleset())
            found.tables = others
            found.hasOurs = hasOurs
        } catch {
            found.blind.append(geteuid() == 0 ? "firewall tables (\(error))" : "firewall tables")
        }
        // Reading the old tables would create them where they are not.
        for (six, file, program) in [(false, "ip", "iptables-legacy"), (true, "ip6", "ip6tables-legacy")] {
            guard let names = TextFile.text("/proc/net/\(file)_tables_names"), !names.isEmpty else { continue }
            do throws(KernelError) {
                found.tables = (found.tables ?? []) + FirewallTable.tables(inLegacy: try LegacyRules.save(six: six), program: program)
            } catch {
                found.blind.append("the old tables of \(program)")
            }
        }
        return found
    }
}

private struct Routing: Sendable {
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
                    case .by(let link, let gateway, _):
                        routing.ways.append(.init(address.family, mark: mark, by: name(link), gateway: gateway))
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
        if let failure { machine.blind.append("routes (\(failure))") }
    }
}
