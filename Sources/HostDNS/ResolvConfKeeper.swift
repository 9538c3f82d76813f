// SPDX-License-Identifier: MIT
import Wire

/// The daemon's part: takes resolv.conf over at the start while that is wished, holds it against others, follows the network's servers, and gives
/// the file back at an ordinary stop. For an event loop: `drain` when `fd` is readable, `tick` when `due` has come. Blocks for disk writes only.
package final class ResolvConfKeeper {
    package enum Event: Hashable, Sendable {
        /// The system's servers are these now.
        case servers(SystemServers)
        /// It is ours: by `start`, or because `activate` was called.
        case active
        /// `deactivate` was called.
        case inactive
        /// Another program had changed it (who it looks like), and it was put again.
        case putAgain(over: Ownership.Owner)
        /// Given up, as another program puts its own again each time: reported once, and in `state`.
        case contested(with: Ownership.Owner)
        /// It could not be put again; tried some more.
        case failed(HostError)
    }

    package let takeover: Takeover
    package var fd: Int32 { watch.fd }
    /// Counts for `status`.
    package var state: TakeoverMachine.State { machine.state }
    package var changes: Int { machine.changes }
    package var repairs: Int { machine.repairs }
    package var due: Instant? { machine.due }
    package private(set) var servers: SystemServers

    private let own: Set<IPAddress>
    private let watch: ResolvConfWatch
    private var machine = TakeoverMachine()
    private var isActive = false

    /// - Parameter own: all our listeners' addresses; never among the system's servers.
    package init(takeover: Takeover, own: Set<IPAddress>) throws(HostError) {
        self.takeover = takeover
        self.own = own
        watch = try ResolvConfWatch(paths: takeover.paths)
        servers = takeover.systemServers(without: own)
    }

    /// When the listeners answer: takes over if that is wished; if not, gives back what a killed `activate` or daemon left.
    package func start(at now: Instant) -> [Event] {
        do throws(HostError) {
            if takeover.isWished { _ = try takeover.take() } else { _ = try takeover.giveBack() }
        } catch {
            return [.failed(error)] + look(at: now)
        }
        return look(at: now)
    }

    package func drain(at now: Instant) -> [Event] { watch.drain().isEmpty ? [] : look(at: now) }

    /// Looks without being told: once in a second or more, since a mount over the file or its folder is no event of inotify.
    package func check(at now: Instant) -> [Event] {
        watch.arm()
        return look(at: now)
    }

    package func tick(at now: Instant) -> [Event] {
        let owner = takeover.standing.ownership.owner
        switch machine.tick(at: now) {
        case .none: return []
        case .report: return [.contested(with: owner)]
        case .takeAgain:
            do throws(HostError) {
                _ = try takeover.take()
            } catch {
                machine.failed(at: now)
                return [.failed(error)] + changedServers()
            }
            return [.putAgain(over: owner)] + look(at: now)
        }
    }

    /// An ordinary stop: the file as it was. The wish stays, for the next start.
    package func stop() throws(HostError) -> Takeover.Returned { try takeover.giveBack() }

    /// After the listeners are closed: without the wish, systemd-resolved gets its address back. May wait for `systemctl`, 20 s at most.
    package func leave() throws(HostError) -> ResolvedStub.Outcome {
        takeover.isWished ? .nothing : try ResolvedStub(paths: takeover.paths).giveBack()
    }

    private func look(at now: Instant) -> [Event] {
        let standing = takeover.standing
        _ = machine.saw(standing.hold, wished: standing.wished, at: now)
        var events: [Event] = []
        if machine.state == .holding, !isActive {
            isActive = true
            events.append(.active)
        } else if machine.state == .idle, isActive {
            isActive = false
            events.append(.inactive)
        }
        return events + changedServers()
    }

    private func changedServers() -> [Event] {
        let now = takeover.systemServers(without: own)
        defer { servers = now }
        return now.servers == servers.servers ? [] : [.servers(now)]
    }
}
