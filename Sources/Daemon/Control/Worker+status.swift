// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Policy
import Resolving
import Rules
import Steering
import Tunnels
import Wire

extension Worker {
    private var tunnels: [StatusReport.Tunnel] {
        situation.tunnels.enumerated().map { index, tunnel in
            StatusReport.Tunnel(tunnel, nodeReports.indices.contains(index) ? nodeReports[index] : nil, at: .now)
        }
    }

    /// Each node as it is.
    var nodesNow: [Happening] { tunnels.map(Happening.init) }

    /// Takes in what is known of the nodes, and tells which of them are other than before.
    func take(_ reports: [Situation.NodeReport]) {
        let former = nodeReports
        nodeReports = reports
        guard !watchers.isEmpty else { return }
        for (index, (happening, report)) in zip(nodesNow, reports).enumerated()
        where !former.indices.contains(index) || former[index].since != report.since { tell(happening) }
    }

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
            tunnels: tunnels, paths: paths,
            troubles: troubles.map { StatusReport.Trouble(server: $0.key.server.description, path: $0.key.path.rawValue, text: $0.value) }
                .sorted { ($0.path, $0.server) < ($1.path, $1.server) }, sets: sets,
            leases: StatusReport.Leases(
                addresses: resolver.ledger.count, owners: resolver.ledger.entryCount, evicted: resolver.ledger.counters.evictions,
                excess: resolver.ledger.counters.excess, refused: resolver.ledger.counters.refused,
                conflicts: conflicts), rules: situation.rules,
            repairs: situation.repairs.total,
            repaired: StatusReport.Repaired(
                table: situation.repairs.table, rules: situation.repairs.rules, routes: situation.repairs.routes,
                links: situation.repairs.links,
                resolvConf: situation.repairs.resolvConf),
            resolvConf: situation.resolvConf,
            questions: StatusReport.Questions(
                total: counters.questions, cached: counters.hits, stale: counters.stale, failedBefore: counters.failures,
                refused: counters.refused, blocked: counters.blocked,
                local: counters.local, foreignReplies: counters.foreignReplies, guarded: counters.guarded.values.reduce(0, +),
                guardedBy: Dictionary(uniqueKeysWithValues: counters.guarded.map { ($0.key.rawValue, $0.value) }),
                rebinding: counters.rebinding, narrowed: counters.narrowed, conflicts: counters.conflicts, byAlias: counters.byAlias,
                excess: counters.excess,
                commitFailures: counters.commitFailures, evictions: resolver.ledger.counters.evictions, cacheEntries: resolver.cachedAnswers
            ),
            late: late, nat64: resolver.nat64?.description)
    }

    /// How many addresses are claimed twice. All leases are looked at for it, so four times a second at most.
    private var conflicts: Int {
        let now = Instant.now
        if let conflictsSeen, now - conflictsSeen.at < 250 { return conflictsSeen.count }
        let count = resolver.ledger.conflicts(isTunnels: resolver.snapshot.matcher.isTunnels).count
        conflictsSeen = (now, count)
        return count
    }

    /// Who may still take an old way. All that clients hold is looked at for it (10 ms), and `up` asks fifty times a second: once a second is
    /// enough, and once for each change of rules.
    private var late: StatusReport.Late {
        let now = Instant.now
        let revision = resolver.snapshot.rulesRevision
        let seen: Late
        if let lateSeen, lateSeen.revision == revision, now - lateSeen.at < 1000 {
            seen = lateSeen.late
        } else {
            seen = resolver.late(at: now)
            lateSeen = (revision, now, seen)
        }
        func seconds(_ until: Instant?) -> Int64 { until.map { max(0, $0 - now + 999) / 1000 } ?? 0 }
        return StatusReport.Late(
            names: seen.names, seconds: seconds(seen.until), forgotten: seconds(seen.forgottenUntil),
            before: situation.rules.count == 0 ? 0 : seconds(began + Int64(Answer.longestTTL) * 1000))
    }
}
