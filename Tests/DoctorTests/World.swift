// SPDX-License-Identifier: MIT
import Doctor
@testable import HostDNS
import Kernel
import Policy
import Testing
import Wire
import Workbench

/// A machine of Fixtures/doctor/machines.txt: the lab's host, changed line by line.
struct World {
    let name: String
    var machine: Machine = Self.healthy
    /// Severity, check, and a part of the text.
    var expected: [(severity: String, check: String, text: String)] = []

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    static func all(in file: String) throws -> [World] {
        var worlds: [World] = []
        for line in Fixture.lines(file) {
            let words = line.words
            if words[0] == "machine" {
                worlds.append(World(name: words.dropFirst().joined(separator: " ")))
            } else if !worlds.isEmpty, words[0] == "expect", words.count > 3 {
                worlds[worlds.count - 1].expected.append((words[1], words[2], words.dropFirst(3).joined(separator: " ")))
            } else {
                guard !worlds.isEmpty, worlds[worlds.count - 1].machine.change(words) else { throw Unreadable(description: "\(line)") }
            }
        }
        return worlds
    }

    static let healthy: Machine = {
        var daemon = DaemonSeen(.running, configuration: "/etc/sluice/sluice.toml")
        daemon.pid = 100
        daemon.state = .connected
        daemon.listeners = [ServerAddress(.v4(0x7F00_0035))]
        daemon.tunnels = [.init(name: "office", interface: "wg1", state: "connected", isInUse: true)]
        var machine = Machine(daemon: daemon)
        machine.interfaces = [
            link("eth0", nil, "198.51.100.10", "2001:db8:51::10"), link("wg1", "wireguard", "10.64.1.2", "fd64:1::2", "fe80::1"),
        ]
        machine.reversePathOfAll = 0
        machine.sourceValidMarkOfAll = true
        machine.sourcePorts = 28_232
        for (family, gateway, priority) in [(IPAddress.Family.v4, "198.51.100.1", 0), (.v6, "2001:db8:51::1", 0)] {
            _ = priority
            machine.defaults.append(.init(family, by: "eth0", gateway: IPAddress(gateway)))
            machine.ways.append(.init(family, mark: 0, by: "eth0", gateway: IPAddress(gateway)))
            machine.ways.append(.init(family, mark: Path.tunnel.mark, by: "wg1"))
            machine.ways.append(.init(family, mark: Path.outside.mark, by: "eth0", gateway: IPAddress(gateway)))
            for (priority, table) in [(UInt32(0), UInt32(255)), (32766, 254)] + (family == .v4 ? [(32767, 253)] : []) {
                machine.rules.append(PolicyRule(family: family, priority: priority, action: .lookup(table)))
            }
            for (index, path) in [Path.tunnel, .outside, .lan].enumerated() {
                var rule = PolicyRule(family: family, priority: 20 + UInt32(index) * 2, action: .lookup(path == .tunnel ? 5151 : 5152))
                rule.markValue = path.mark
                rule.markMask = Path.markMask
                rule.isOurs = true
                machine.rules.append(rule)
            }
        }
        let place = Place(.v4(0x7F00_0035), 53)
        for transport in [PortHolder.Transport.udp, .tcp] {
            machine.holders.append(
                PortHolder(transport: transport, address: place.address, port: 53, process: .init(id: 100, name: "sluice")))
        }
        machine.answers[place] = true
        machine.hostDNS.look = HostLook(entry: .file, contents: Array("nameserver 127.0.0.53\n".utf8))
        machine.hostDNS.services = NameServices("hosts: files dns")
        machine.tables = []
        machine.hasOurTable = true
        machine.hasGuard = true
        return machine
    }()

    static func link(_ name: String, _ kind: String?, _ addresses: String...) -> Machine.Interface {
        var link = Machine.Interface(name: name)
        link.kind = kind
        link.addresses = addresses.compactMap { IPAddress($0) }
        link.reversePath = 0
        link.sourceValidMark = false
        return link
    }
}

extension Machine {
    /// Carries out one line of the fixture; false when it is not understood.
    mutating func change(_ words: [String]) -> Bool {
        let rest = Array(words.dropFirst())
        let text = rest.joined(separator: " ")
        let family: IPAddress.Family = rest.first == "v6" ? .v6 : .v4
        switch words[0] {
        case "daemon":
            let lives: [String: DaemonSeen.Life] = [
                "absent": .absent, "notPermitted": .notPermitted, "silent": .silent("no reply within a second"),
            ]
            guard let life = lives[text] else { return false }
            daemon.life = life
            daemon.pid = nil
        case "state":
            guard let state = TunnelState(rawValue: text) else { return false }
            daemon.state = state
        case "repairs": daemon.repairs = Int(text) ?? 0
        case "default-tunnel": daemon.defaultIsTunnel = true
        case "no-tunnel": daemon.tunnels = []
        case "other-tunnel":
            daemon.tunnels = [.init(name: "other", interface: text, state: "connected", isInUse: true)]
            interfaces.append(World.link(text, "wireguard", "10.64.2.2", "fe80::2"))
        case "no-configuration": daemon.configurationIsThere = false
        case "error": daemon.errors.append(text)
        case "warning": daemon.warnings.append(text)
        case "unreadable": daemon.unreadable.append(text)
        case "link":
            var link = World.link(rest[0], rest[1])
            link.addresses = rest.dropFirst(2).compactMap { IPAddress($0) }
            interfaces.append(link)
        case "no-default": defaults.removeAll { $0.family == family }
        case "way":
            let mark = Path(rawValue: rest[1])?.mark ?? 0
            ways.removeAll { $0.family == family && $0.mark == mark }
            ways.append(.init(family, mark: mark, by: rest[2] == "-" ? nil : rest[2], gateway: rest.count > 3 ? IPAddress(rest[3]) : nil))
        case "rule":
            guard let rule = PolicyRule(family, Array(rest.dropFirst())) else { return false }
            rules.append(rule)
        case "no-rules": rules.removeAll { $0.family == family && $0.isOurs }
        case "table":
            if text == "unguarded" { hasGuard = false } else { hasOurTable = text == "missing" ? false : nil }
        case "process": processes.insert(text)
        case "forward": forwards.insert(family)
        case "docker-dns": dockerNamesServers = true
        case "blind": blind.append(text)
        case "lost":
            guard let part = Part(rawValue: text) else { return false }
            unread.insert(part)
            blind.append(text)
        case "ports": sourcePorts = Int(text)
        case "rp", "vmark": return changeFilter(words[0], rest)
        default: return changeNames(words[0], rest)
        }
        return true
    }

    private mutating func changeFilter(_ word: String, _ rest: [String]) -> Bool {
        guard rest.count == 2, let value = Int(rest[1]) else { return false }
        if rest[0] == "all" {
            if word == "rp" { reversePathOfAll = value } else { sourceValidMarkOfAll = value == 1 }
            return true
        }
        guard let index = interfaces.firstIndex(where: { $0.name == rest[0] }) else { return false }
        if word == "rp" { interfaces[index].reversePath = value } else { interfaces[index].sourceValidMark = value == 1 }
        return true
    }

    private mutating func changeNames(_ word: String, _ rest: [String]) -> Bool {
        let place = rest.first.flatMap { ServerAddress($0) }.map { Place($0.address, $0.port) }
        switch word {
        case "holder":
            guard let place, let transport = PortHolder.Transport(rawValue: rest[1]), let pid = Int32(rest[3]) else { return false }
            holders.append(
                PortHolder(transport: transport, address: place.address, port: place.port, process: .init(id: pid, name: rest[2])))
        case "unseen-holder":
            guard let place else { return false }
            holders.append(PortHolder(transport: .udp, address: place.address, port: place.port, process: nil))
        case "free": holders.removeAll { $0.place == place }
        case "silent", "answers":
            guard let place else { return false }
            answers[place] = word == "answers"
        case "resolv":
            let lines = rest.map { $0 == "empty" ? "" : "nameserver \($0)\n" }.joined()
            hostDNS.look = rest == ["unreadable"] ? HostLook(entry: .missing) : HostLook(entry: .file, contents: Array(lines.utf8))
        case "keeper": hostDNS.look.entry = .link(rest.joined())
        case "immutable": hostDNS.look.isImmutable = true
        case "hosts": hostDNS.services = NameServices("hosts: " + rest.joined(separator: " "))
        default: return false
        }
        return true
    }
}

extension PolicyRule {
    /// `5 not fwmark 0xca6c/0xffff suppress 0 lookup 254`
    fileprivate init?(_ family: IPAddress.Family, _ words: [String]) {
        guard let priority = words.first.flatMap({ UInt32($0) }), let lookup = words.firstIndex(of: "lookup"),
            let table = UInt32(words[lookup + 1])
        else { return nil }
        self.init(family: family, priority: priority, action: .lookup(table))
        inverted = words.contains("not")
        isNarrower = words.contains("narrow")
        if let index = words.firstIndex(of: "suppress") { suppressed = UInt32(words[index + 1]) }
        if let index = words.firstIndex(of: "fwmark") {
            let parts = words[index + 1].split(separator: "/").map { UInt32($0.dropFirst(2), radix: 16) ?? 0 }
            markValue = parts[0]
            markMask = parts.count > 1 ? parts[1] : .max
        }
    }
}
