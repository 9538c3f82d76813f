// SPDX-License-Identifier: MIT
import Configuration
import Kernel
import Policy
import Resolving
import RuleFiles
import Rules
import Steering
import Tunnels
import Wire

extension Supervisor {
    /// What should stand in the sets that are ours to fill.
    var wantedElements: Set<SetElement> {
        var wanted: [SetElement] = tunnels.flatMap { SetElement.tunnelLink($0.device) }
        wanted += tunnels.flatMap(\.ownAddresses).map { .tunnelOwn($0) }
        wanted += tunnels.flatMap { tunnel in tunnel.addresses.map { .tunnelSource(tunnel.device, $0) } }
        wanted += tunnels.filter(\.isOurs).flatMap(\.endpoints).map { .endpoint($0.address, port: $0.port) }
        wanted += groupElements
        wanted += tunnels.compactMap(\.foreignMark).map { .foreignMark($0) }
        wanted += outsideFamilies.map { .outsideOpen($0) }
        switch selection.state {
        case .connected: wanted += openElements
        case .disconnected: wanted += IPAddress.Family.allCases.map { .tunnelUnwanted($0) }
        case .connecting, .disconnecting, .error: break
        }
        for (path, servers) in servers(now: true) {
            wanted += servers.map { .resolver($0.address, port: $0.port, path) }
        }
        for (node, servers) in namedServers { wanted += servers.map { .resolver($0.address, port: $0.port, .tunnel, by: node) } }
        return Set(wanted)
    }

    /// Whom we may ask by each tunnel's own mark now: its resolvers, which get probes; and what else rules that name it want to be asked.
    private var namedServers: [(node: Node, servers: Set<ServerAddress>)] {
        let circumstances = circumstances
        let named = loaded.matcher.treatments.filter { $0.action == .tunnel && $0.tunnel != nil }
        let custom =
            if case .custom(let servers) = circumstances.setting { servers.filter { circumstances.kind(of: $0) == .publicCustom } } else {
                [ServerAddress]()
            }
        return circumstances.tunnels.map { tunnel in
            var servers = Set(wish == .up && tunnels[tunnel.node.number].isUp ? tunnel.resolvers : [])
            let rules = named.filter { $0.tunnel == tunnel.name }
            if circumstances.state == .connected, tunnel.state == .connected, !rules.isEmpty {
                servers.formUnion(rules.compactMap(\.options.via))
                servers.formUnion(custom)
            }
            return (tunnel.node, servers)
        }
    }

    /// The same for the time in which nobody looks after them: the tunnel closed, nobody to be asked.
    var blockingElements: [SetElement] {
        var elements = tunnels.flatMap { SetElement.tunnelLink($0.device) } + IPAddress.Family.allCases.map { .outsideOpen($0) }
        switch wish {
        case .down: elements += IPAddress.Family.allCases.map { .tunnelUnwanted($0) }
        case .up: break
        }
        return elements
    }

    /// Every server that may be asked, on its path: those of all tunnels, of the system, of the configuration and of rules.
    /// - Parameter now: only those that this state allows. While it is not connected, a tunnel's resolvers still get probes.
    func servers(now: Bool) -> [Path: [ServerAddress]] {
        let circumstances = circumstances
        var servers: [Path: [ServerAddress]] = [
            .tunnel: tunnels.filter { !now || wish == .up && $0.isUp }.flatMap(\.resolvers),
            .outside: circumstances.systemServers, .lan: circumstances.privateSystemServers,
        ]
        let isConnected = !now || circumstances.state == .connected
        func add(_ server: ServerAddress, _ path: Path) {
            if servers[path]?.contains(server) != true { servers[path, default: []].append(server) }
        }
        for server in endpointServers { add(server, .outside) }
        if case .custom(let custom) = circumstances.setting {
            for server in custom {
                switch circumstances.kind(of: server) {
                case .privateCustom:
                    let isAllowed = circumstances.lanSharing || isConnected && circumstances.profile == .desktop
                    if !now || isAllowed && circumstances.state != .disconnected { add(server, .lan) }
                case .publicCustom, .relay: if isConnected { add(server, .tunnel) }
                }
            }
        }
        for treatment in loaded.matcher.treatments {
            guard let via = treatment.options.via else { continue }
            switch treatment.action {
            case .tunnel: if isConnected { add(via, .tunnel) }
            case .direct: add(via, .outside)
            case .lan: add(via, .lan)
            case .block: break
            }
        }
        return servers
    }

    var circumstances: Circumstances {
        var circumstances = loaded.circumstances(state: selection.state, systemServers: systemServers)
        let inUse = selection.inUse.map { tunnels[$0] }
        circumstances.tunnelInUse = inUse?.configuration.name
        circumstances.peerInUse = inUse?.peers?.active ?? 0
        circumstances.relayServers = inUse?.resolvers ?? []
        circumstances.tunnels = zip(nodes, tunnels).map { node, tunnel in
            NamedTunnel(
                tunnel.configuration.name, node, state: wish == .up ? tunnel.machine.state : selection.state, resolvers: tunnel.resolvers,
                families: tunnel.families.isEmpty ? [.v4, .v6] : tunnel.families, peer: tunnel.peers?.active ?? 0)
        }
        circumstances.tunnelOwn.formUnion(tunnels.flatMap(\.addresses))
        return circumstances
    }

    /// The world as it is now, for the worker.
    var situation: Situation {
        let circumstances = circumstances
        let servers = servers(now: false)
        let ends = addresses.flatMap(\.ends)
        let ours = Set(addresses.map(\.address))
        let endpoints = Set(tunnels.flatMap(\.endpoints).map(\.address))
        let announced = Set(gateways.map(\.address) + ends)
        let relays = Set((servers[.tunnel] ?? []).map(\.address))
        let outside = Set((servers[.outside] ?? []).map(\.address))
        let (used, families) = (used, usedFamilies)
        return Situation(
            snapshot: Snapshot(
                circumstances: circumstances, matcher: loaded.matcher, trafficClasses: trafficClasses, rulesRevision: configurations,
                ahead: ahead,
                steeringGuard: SteeringGuard(
                    ours: ours, endpoints: endpoints, announced: announced,
                    resolvers: [.tunnel: outside, .direct: relays, .lan: relays]),
                rebinding: Rebinding(allowed: Set(loaded.configuration.dns.rebindAllow)),
                narrows: loaded.configuration.routing.conflict == .narrow,
                tunnelFamilies: families.isEmpty ? [.v4, .v6] : families,
                looksForNAT64: looksForNAT64, answersSixByNAT64: loaded.configuration.dns.nat64 == .answer,
                caching: Caching(loaded.configuration.cache), racesServers: loaded.configuration.dns.ask == .race,
                mixesCase: loaded.configuration.dns.mixedCase, network: network),
            configurations: configurations,
            resolvConf: resolvConfReport,
            clients: clients,
            tunnels: tunnels.enumerated().map { index, tunnel in
                Situation.Tunnel(
                    name: tunnel.configuration.name, interface: tunnel.device, hasInterface: tunnel.link != nil,
                    state: wish == .up ? tunnel.machine.state : selection.state, inUse: wish == .up && used.contains(index),
                    resolvers: tunnel.resolvers)
            },
            foreignMarks: tunnels.compactMap(\.foreignMark),
            tunneledGroup: apps.map { GuardPlan.Group(id: $0.tunnel.id, level: $0.tunnel.level) },
            listeners: doors.configured.map(\.text), configuration: path,
            rules: StatusReport.Rules(
                count: loaded.matcher.count, files: loaded.ruleFiles, rejected: rejected,
                lists: loaded.book.lists.map { list in
                    StatusReport.List(
                        file: list.file, kind: list.kind, place: list.place, entries: list.entries, signed: list.isSigned, kept: list.kept)
                }), repairs: repairs,
            tlsRoots: loaded.tlsRoots,
            networkName: networkName, keepsCache: loaded.configuration.cache.keep, servers: servers)
    }

    /// Only a network with IPv6 can translate it, and it matters only while a tunnel is in use that carries none: one whose link is going down has
    /// lost its addresses of IPv6 already, and says nothing.
    private var looksForNAT64: Bool {
        guard selection.state == .connected, outsideFamilies.contains(.v6), let inUse = selection.inUse, tunnels[inUse].isUp else {
            return false
        }
        return usedFamilies == [.v4]
    }

    /// Who is answered: this machine always; others as configured, else those of the private networks we are connected to.
    private var clients: [Network] {
        let loopback =
            ["127.0.0.0/8", "::1/128"].compactMap { Network($0) }
            + addresses.compactMap {
                Network($0.address, length: $0.address.width)
            }
        guard loaded.configuration.dns.allowFrom.isEmpty else { return loopback + loaded.configuration.dns.allowFrom }
        let ranges = PrivateRanges(includesCGNAT: loaded.configuration.dns.cgnat == .lan)
        let links = Set(tunnels.compactMap { $0.link?.index })
        let connected = addresses.filter { !links.contains($0.link) && ranges.contains($0.address) }
        return loopback + connected.compactMap { Network($0.address, length: $0.length) }
    }
}

extension LinkAddress {
    /// The network's own and its broadcast address, where it has them (RFC 3021).
    fileprivate var ends: [IPAddress] {
        guard address.family == .v4, length < 31, let network = Network(address, length: length) else { return [] }
        return [network.address, network.last]
    }
}

extension Loaded {
    /// What of the configuration, and of the doors it led to, the kernel's table is built from.
    func rulesetPlan(_ doors: Doors, _ groups: AppGroups?, _ trafficClasses: TrafficClasses) -> RulesetPlan {
        let names = configuration.tunnel.map(\.name)
        let networks = matcher.networkRules.map { known in
            let handling = Handling(
                node: known.rule.tunnel.flatMap { names.firstIndex(of: $0) },
                trafficClass: trafficClasses.number(of: known.rule.options.trafficClass))
            return (network: known.network, action: known.rule.action, handling: handling)
        }
        return RulesetPlan(
            routingDefault: configuration.routing.default == .tunnel ? .tunnel : .direct, lanSharing: configuration.dns.lanSharing,
            tunnelRulesWhenDisconnectedSystem: configuration.dns.tunnelRulesWhenDisconnected == .system,
            foreign: configuration.dns.foreign.planned, cgnatIsPrivate: configuration.dns.cgnat == .lan,
            networks: SteeredRange.flatten(networks),
            learnedSize: configuration.leases.size, ephemeral: Self.ephemeralPorts,
            apps: groups.map { groups in
                RulesetPlan.Apps(
                    level: groups.outside.level, listen: doors.configured, excluded: doors.places(of: .excluded),
                    tunneled: doors.places(of: .tunneled), excludedAskOthers: configuration.dns.profile == .mobile)
            }, capture: doors.capture, nodes: configuration.tunnel.compactMap(\.device),
            namesTunnels: matcher.treatments.contains { $0.action == .tunnel && $0.tunnel != nil },
            trafficClasses: trafficClasses.all,
            usedClasses: Set(self.trafficClasses.compactMap { trafficClasses.number(of: $0) }))
    }

    /// What the machine says now, else the kernel's own default.
    private static var ephemeralPorts: ClosedRange<UInt16> {
        let text = (try? HostFile.read("/proc/sys/net/ipv4/ip_local_port_range")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let ends = text.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
        return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : 32768...60999
    }
}

extension Configuration.Leases {
    var bounds: Ledger.Bounds { Ledger.Bounds(perName: perName, perRule: perRule, perSet: size) }
}

extension Configuration.DNS.Foreign {
    fileprivate var planned: RulesetPlan.Foreign {
        switch self {
        case .reject: .reject
        case .capture: .capture
        case .allow: .allow
        }
    }
}

extension ServerAddress {
    /// With its port, whichever it is.
    fileprivate var text: String { port == 53 ? "\(address.family == .v4 ? "\(address)" : "[\(address)]"):53" : description }
}

extension Caching {
    /// As configured.
    init(_ configuration: Configuration.Cache) {
        self.init(
            capacity: configuration.size << 20, staleWindow: configuration.stale.components.seconds * 1000,
            prefetches: configuration.prefetch)
    }
}
