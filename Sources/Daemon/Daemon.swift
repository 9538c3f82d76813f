// SPDX-License-Identifier: MIT
import CLinux
import Configuration
import Glibc
import HostDNS
import Kernel
import Logging
import Resolving
import Rules
import Steering
import Tunnels

/// The daemon in the foreground: one thread answers, this one looks after the world.
package enum Daemon {
    /// Runs until SIGTERM or SIGINT, then takes away all that is ours.
    /// Errors: `invalid` before anything is changed; others with everything put back.
    package static func run(path: String, log: Logger) throws(DaemonError) {
        let keeper = try serve(path: path, log: log)
        // Nobody listens any more: without the wish systemd-resolved gets its address back.
        do throws(HostError) { _ = try keeper?.leave() } catch { log.error("systemd-resolved: \(error.explained.what)") }
    }

    /// Warnings of a start that are told one by one.
    private static let mostWarnings = 100

    private static func serve(path: String, log: Logger) throws(DaemonError) -> ResolvConfKeeper? {
        guard geteuid() == 0 else {
            throw .notPermitted("sluice run changes routes and firewall, which takes root\n    hint: sudo sluice run")
        }
        sluice_large_pieces_apart()
        let begun = try begin(path, log)
        defer { withExtendedLifetime(begun) {} }
        let (supervisor, worker, state, keeping) = (begun.supervisor, begun.worker, begun.state, begun.keeping)
        try DaemonError.from { () throws(KernelError) in _ = try SourceValidMark.enable() }
        var failure: String?
        do throws(KernelError) {
            try supervisor.trust(worker.sets.port)
            try supervisor.prepare()
            try worker.load(supervisor.plan, supervisor.elementsForTable)
            worker.probeSets()
            worker.restoreCache(state.cache, supervisor.situation)
            supervisor.publish()
            keeping.keep(worker.resolver.ledger.copy)
            supervisor.keepBlocking()
            let writing = try OwnThread { keeping.run() }
            defer {
                // The worker has ended, or never began.
                worker.keepCache(at: .now, isLast: true)
                keeping.keep(worker.resolver.ledger.copy)
                keeping.stop()
                writing.join()
            }
            let thread = try OwnThread { worker.run() }
            let names = supervisor.loaded.configuration.dns.listen.map(\.description).joined(separator: ", ")
            log.notice("answering at \(names), \(supervisor.loaded.matcher.count) rules")
            if supervisor.wish == .down { log.notice("disconnected, as the last word was 'sluice down'; 'sluice up' connects") }
            failure = supervisor.run()
            if !supervisor.blocks { supervisor.endResolvConf() }
            supervisor.worker.post(.stop)
            thread.join()
        } catch {
            failure = "\(error)"
        }
        let blocks = supervisor.blocks
        supervisor.remove(blocking: blocks)
        worker.unload(blocks ? (supervisor.plan, supervisor.blockingElements + supervisor.groupElements) : nil)
        if !blocks {
            try? SourceValidMark.restore(begun.formerSourceMark)
            state.forgetSourceMark()
        }
        if let failure { throw .failed(failure, hint: nil) }
        log.notice(blocks ? "stopped; what the tunnel's rules name stays blocked" : "stopped")
        return supervisor.keeper
    }

    private struct Begun: ~Copyable {
        let lock: NetworkLock
        let supervisor: Supervisor
        let worker: Worker
        let state: StateFolder
        let keeping: LeaseKeeper
        let formerSourceMark: Bool
    }

    /// Reads all and opens all. Apart from `serve`, whose frame would hold the first rules for as long as the daemon runs: 33 MB of a million.
    @inline(never) private static func begin(_ path: String, _ log: Logger) throws(DaemonError) -> Begun {
        let loaded = Loaded(path: path, keepsLists: true)
        guard loaded.errors.isEmpty else { throw .invalid(loaded.problems) }
        for problem in loaded.problems.prefix(mostWarnings) { log.warning("\(problem.place): \(problem.message)") }
        if loaded.problems.count > mostWarnings { log.warning("\(loaded.problems.count - mostWarnings) more warnings: sluice check") }

        raiseDescriptorLimit()
        let lock = try NetworkLock()
        let inbox = Mailbox<SupervisorMessage>()
        let outbox = Mailbox<WorkerMessage>()
        let state = try StateFolder(loaded.configuration.paths.state)
        let doors = try Doors(loaded.configuration.dns)
        let keeping = LeaseKeeper(state, log)
        // What is to be put back is written down before anything is changed.
        let found = try DaemonError.from { () throws(KernelError) in try SourceValidMark.isOn }
        let formerSourceMark = state.formerSourceMark ?? found
        try state.keep(formerSourceMark: formerSourceMark)
        let supervisor = try Supervisor(
            SupervisorStart(
                loaded: loaded, path: path, log: log, inbox: inbox, worker: outbox, state: state, keeping: keeping, doors: doors,
                apps: Self.appGroups(log)))
        let worker = try Worker(supervisor.workerStart(log: log))
        return Begun(lock: lock, supervisor: supervisor, worker: worker, state: state, keeping: keeping, formerSourceMark: formerSourceMark)
    }

    /// The control groups of classes of apps; nil, with a warning, where the machine has none to offer.
    private static func appGroups(_ log: Logger) -> AppGroups? {
        do throws(AppGroupError) {
            return try AppGroups()
        } catch {
            log.warning("all apps are treated as normal ones: \(error)")
            return nil
        }
    }
}

extension Daemon {
    /// Each question to an upstream has a socket of its own; the usual limit of 1,024 is for programs that use select(2).
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// A thread that does one thing until it is done.
private struct OwnThread {
    private let thread: pthread_t

    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    init(_ body: @escaping () -> Void) throws(KernelError) {
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(Work(body)).toOpaque())
        guard status == 0 else { throw .call("start a thread", errno: status) }
        self.thread = thread
    }

    func join() { pthread_join(thread, nil) }
}

extension Supervisor {
    fileprivate func workerStart(log: Logger) -> WorkerStart {
        let configuration = loaded.configuration
        return WorkerStart(
            log: log, inbox: worker, supervisor: inbox, situation: situation,
            ledger: Ledger(bounds: configuration.leases.bounds, grace: configuration.leases.grace.milliseconds),
            image: state.leases, keeper: keeping, lookups: lookups, doors: doors, runFolder: configuration.paths.run,
            group: configuration.control.group)
    }
}
