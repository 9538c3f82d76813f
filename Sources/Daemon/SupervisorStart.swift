// SPDX-License-Identifier: MIT
import Configuration
import HostDNS
import Kernel
import Logging
import Wire

/// What a supervisor begins with.
struct SupervisorStart {
    let loaded: Loaded
    let path: String
    let log: Logger
    let inbox: Mailbox<SupervisorMessage>
    let worker: Mailbox<WorkerMessage>
    let state: StateFolder
    let keeping: LeaseKeeper
    let doors: Doors
    let apps: AppGroups?
}

extension Supervisor {
    static func keeper(_ configuration: Configuration, _ doors: Doors, _ log: Logger) -> ResolvConfKeeper? {
        let takeover = Takeover(paths: HostPaths(state: configuration.paths.state), listeners: doors.configured)
        do throws(HostError) {
            return try ResolvConfKeeper(takeover: takeover, own: Set(doors.configured.map(\.address)))
        } catch {
            log.warning("/etc/resolv.conf is not kept: \(error.explained.what)")
            return nil
        }
    }

    static func watch(_ log: Logger) -> RuleWatch? {
        do throws(DaemonError) {
            return try RuleWatch()
        } catch {
            log.warning("changed rules are taken by 'sluice reload' only: \(error)")
            return nil
        }
    }
}
