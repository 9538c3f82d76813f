// SPDX-License-Identifier: MIT
import HostDNS
import Logging
import Wire

/// /etc/resolv.conf, as long as the machine is to use us: the last word of `activate` and `deactivate`.
extension Supervisor {
    /// Takes it over again, or puts right what a killed run left. The worker answers already.
    func beginResolvConf() {
        do throws(HostError) {
            if takeover.isWished {
                let taken = try takeover.take(test: LookupTest(.localhost))
                if taken.changed { tell(.resolvConf, "taken over") }
            } else if case .restored = try takeover.giveBack() {
                tell(.resolvConf, "given back, as a former run did not")
            }
        } catch {
            let (what, hint) = error.explained
            log.error("resolv.conf: \(what)\(hint.map { " (\($0))" } ?? "")")
        }
        seeResolvConf(at: .now)
    }

    /// What the watch has heard since the last call.
    func checkResolvConf(at now: Instant) {
        let changes = resolvConfWatch?.drain() ?? []
        if changes.contains(.servers) || changes.contains(.resolvConf) { refreshSystemServers() }
        if changes.contains(.resolvConf) || changes.contains(.wish) { seeResolvConf(at: now) }
        obey(holder.tick(at: now), at: now)
    }

    private func seeResolvConf(at now: Instant) { obey(holder.saw(takeover.standing.hold, wished: takeover.isWished, at: now), at: now) }

    private func obey(_ action: TakeoverMachine.Action, at now: Instant) {
        switch action {
        case .none: break
        case .takeAgain:
            do throws(HostError) {
                _ = try takeover.take()
                repairs.resolvConf += 1
                tell(.resolvConf, "changed by others: noted, and ours put back")
            } catch {
                holder.failed(at: now)
                log.error("resolv.conf: \(error.explained.what)")
            }
            refreshSystemServers()
        case .report:
            tell(.resolvConf, "another program keeps changing it: left alone until 'sluice activate'")
        }
    }

    /// Gives it back at an ordinary stop; the wish stays, and the next start takes it again.
    func endResolvConf() {
        do throws(HostError) {
            switch try takeover.giveBack() {
            case .nothing: break
            case .restored: log.notice("resolv.conf: given back")
            case .leftAlone: log.notice("resolv.conf: somebody else's by now, left alone")
            }
        } catch {
            log.error("resolv.conf: \(error.explained.what)")
        }
    }

    var resolvConfReport: StatusReport.ResolvConf {
        let state =
            switch holder.state {
            case .idle: "not ours"
            case .holding: "ours"
            case .disturbed: "disturbed"
            case .contested: "contested"
            }
        return StatusReport.ResolvConf(state: state, changes: holder.changes, repairs: holder.repairs)
    }
}
