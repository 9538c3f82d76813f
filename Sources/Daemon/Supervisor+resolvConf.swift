// SPDX-License-Identifier: MIT
import Configuration
import HostDNS
import Logging
import Wire

/// /etc/resolv.conf, as long as the machine is to use us, and whom the network names as its servers.
extension Supervisor {
    func take(_ events: [ResolvConfKeeper.Event]) {
        for event in events {
            switch event {
            case .servers: refreshSystemServers()
            case .active: tell(.resolvConf, "ours")
            case .inactive: tell(.resolvConf, "given back")
            case .putAgain(let owner):
                repairs.resolvConf += 1
                tell(.resolvConf, "changed by others (\(owner)): noted, and ours put back")
            case .contested(let owner):
                tell(.resolvConf, "another program (\(owner)) keeps changing it: left alone until 'sluice activate'")
            case .failed(let error):
                let (what, hint) = error.explained
                log.error("resolv.conf: \(what)\(hint.map { " (\($0))" } ?? "")")
            }
        }
    }

    /// What the watch has heard, and what is due.
    func checkResolvConf(at now: Instant) {
        guard let keeper else { return }
        take(keeper.drain(at: now))
        if let due = keeper.due, due <= now { take(keeper.tick(at: now)) }
    }

    /// Gives it back at an ordinary stop; the wish stays, and the next start takes it again.
    func endResolvConf() {
        guard let keeper else { return }
        do throws(HostError) {
            switch try keeper.stop() {
            case .nothing: break
            case .restored: log.notice("resolv.conf: given back")
            case .leftAlone: log.notice("resolv.conf: somebody else's by now, left alone")
            }
        } catch {
            log.error("resolv.conf: \(error.explained.what)")
        }
    }

    /// What DHCP or the manager says now.
    func refreshSystemServers() {
        // The keeper has read it already, and again with every change.
        let configured = loaded.configuration.dns.systemServers
        let servers = configured.isEmpty ? keeper?.servers.servers ?? loaded.systemServers : configured
        guard servers != systemServers else { return }
        systemServers = servers
        tell(.servers, servers.isEmpty ? "no system server is known" : servers.map(\.description).joined(separator: ", "))
    }

    var resolvConfReport: StatusReport.ResolvConf {
        let state =
            switch keeper?.state {
            case .idle, nil: "not ours"
            case .holding: "ours"
            case .disturbed: "disturbed"
            case .contested: "contested"
            }
        return StatusReport.ResolvConf(state: state, changes: keeper?.changes ?? 0, repairs: keeper?.repairs ?? 0)
    }
}
