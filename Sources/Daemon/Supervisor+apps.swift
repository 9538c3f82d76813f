// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Kernel
import Logging
import Policy

extension Supervisor {
    /// Puts a process into a class. Its children will be in it too; sockets that it has already keep the class they were made in.
    func join(_ app: App, _ pid: Int32, by peer: Peer) -> ControlReply {
        guard apps != nil else {
            return ControlReply(error: "apps cannot be told apart here: no cgroup v2 is mounted, or it cannot be written to")
        }
        // Held, so that the number cannot come to mean another process before it is moved without our knowing.
        guard let process = HeldProcess(pid), peer.mayMove(pid) else {
            return ControlReply(error: "process \(pid) is not yours, or not there")
        }
        do throws(AppGroupError) {
            if let group = app.group { try apps?.move(pid, to: group) } else { try apps?.release(pid) }
            guard process.isThere else {
                try? apps?.release(pid)
                return ControlReply(error: "process \(pid) has ended")
            }
            return ControlReply(joined: .init(pid: pid, app: app.rawValue))
        } catch {
            return ControlReply(error: "process \(pid) cannot be moved: \(error)")
        }
    }

    /// The groups as elements of their sets.
    var groupElements: [SetElement] {
        guard let apps else { return [] }
        return App.allCases.compactMap { app in app.group.flatMap { SetElement.group(apps[$0].id, path: apps[$0].path, of: app) } }
    }

    /// Makes groups again that somebody has removed.
    func refreshApps() {
        do throws(AppGroupError) {
            guard try apps?.refresh() == true else { return }
            tell(.repair, "a control group of ours was removed: made again, without the apps that were in it")
        } catch {
            // Without them all apps are normal ones, the safe side.
            if "\(error)" != appTrouble { log.warning("\(error)") }
            appTrouble = "\(error)"
        }
    }

    func removeApps() {
        let count = apps?.tunnelProcesses ?? 0
        if count > 0 { log.warning("\(count) running processes of 'exec --tunnel' are normal ones from now on") }
        do throws(AppGroupError) { try apps?.remove() } catch { log.warning("\(error)") }
    }
}

extension App {
    /// Nil for normal ones, which are in none of ours.
    var group: AppGroup.Kind? {
        switch self {
        case .normal: nil
        case .excluded: .outside
        case .tunneled: .tunnel
        }
    }
}

/// One process, whatever becomes of its number.
private struct HeldProcess: ~Copyable {
    private let fd: Int32

    /// Nil when no process has this number.
    init?(_ pid: Int32) {
        fd = sluice_pidfd_open(pid)
        guard fd >= 0 else { return nil }
    }

    deinit { close(fd) }

    /// A pidfd is readable when its process has ended.
    var isThere: Bool {
        var state = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&state, 1, 0) == 0
    }
}
