// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Policy
import Resolving
import Steering
import Tunnels
import Wire

extension Worker {
    func status() -> StatusReport {
        let counters = resolver.counters
        let circumstances = resolver.snapshot.circumstances
        let sets = SteeredRoute.allCases.flatMap { route in
            [IPAddress.Family.v4, .v6].map { family in
                StatusReport.Set(name: SetName.learned(route, family).rawValue, elements: resolver.ledger.count(route, family))
            }
        }
        let paths = Path.allCases.map { path in
            StatusReport.Path(
                path: path.rawValue, open: path != .tunnel || circumstances.state == .connected,
                servers: (situation.servers[path] ?? []).map(\.description), asked: counters.asked[path] ?? 0)
        }
        return StatusReport(
            state: circumstances.state.rawValue, pid: getpid(), uptime: (Instant.now - began) / 1000,
            configuration: situation.configuration, listeners: situation.listeners,
            tunnels: situation.tunnels.map { tunnel in
                StatusReport.Tunnel(
                    name: tunnel.name, interface: tunnel.interface, state: tunnel.state.rawValue, inUse: tunnel.inUse,
                    resolvers: tunnel.resolvers.map(\.description), handshake: tunnel.handshake.map { max(0, Instant.now - $0) / 1000 })
            }, paths: paths, sets: sets,
            leases: StatusReport.Leases(
                addresses: resolver.ledger.count, owners: resolver.ledger.entryCount, evicted: resolver.ledger.counters.evictions,
                excess: resolver.ledger.counters.excess, refused: resolver.ledger.counters.refused), rules: situation.rules,
            repairs: situation.repairs.total,
            repaired: StatusReport.Repaired(
                table: situation.repairs.table, rules: situation.repairs.rules, routes: situation.repairs.routes,
                links: situation.repairs.links,
                resolvConf: situation.repairs.resolvConf),
            resolvConf: situation.resolvConf,
            questions: StatusReport.Questions(
                total: counters.questions, cached: counters.hits, refused: counters.refused, blocked: counters.blocked,
                local: counters.local, foreignReplies: counters.foreignReplies, guarded: counters.guarded,
                commitFailures: counters.commitFailures, evictions: resolver.ledger.counters.evictions, cacheEntries: resolver.cachedAnswers
            ))
    }
}
