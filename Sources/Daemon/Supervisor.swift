// SPDX-License-Identifier: MIT
import CLinux
import Configuration
import Glibc
import Kernel
import Logging
import Policy
import Resolving
import Steering
import Tunnels
import Wire

/// The thread that looks after the world: tunnels, routes, rules, the sets that say what is open. It tells the worker what it finds.
final class Supervisor {
    let log: Logger
    let path: String
    let inbox: Mailbox<SupervisorMessage>
    let worker: Mailbox<WorkerMessage>
    var loaded: Loaded
    var plan: RulesetPlan
    var tunnels: [SupervisedTunnel]
    var routes: RouteSocket
    var sets: SetWriter
    private var monitor: LinkMonitor
    private let signals: Int32
    private let poller: Poller
    private let randomness = Randomness()
    private var room = [UInt8](repeating: 0, count: 1 << 16)

    /// What the kernel says now.
    var addresses: [LinkAddress] = []
    var gateways: [Gateway] = []
    var outsideFamilies: Set<IPAddress.Family> = []
    /// What of ours stands in the sets.
    var elements: Set<SetElement> = []
    var selection = Selection(of: [])
    private var routed: Routed?
    var rejected: [String] = []
    var repairs = 0
    var configurations = 1
    /// Counts changes of the network around; see `Snapshot.network`.
    var network = 0
    var systemServers: [ServerAddress] = []
    private var published: Situation?
    private var lastError: KernelError?
    private var nextTableCheck = Instant.now
    /// Between two looks whether the table is there, in milliseconds: a look costs 6 µs, a table that is gone leaks.
    private static let tableCheck: Int64 = 250

    private struct Routed: Equatable {
        let link: UInt32?
        let families: Set<IPAddress.Family>
    }

    init(_ loaded: Loaded, path: String, log: Logger, inbox: Mailbox<SupervisorMessage>, worker: Mailbox<WorkerMessage>) throws(DaemonError)
    {
        self.log = log
        self.path = path
        self.inbox = inbox
        self.worker = worker
        self.loaded = loaded
        plan = loaded.rulesetPlan
        let now = Instant.now
        tunnels = loaded.configuration.tunnel.compactMap { tunnel in
            tunnel.device.map {
                SupervisedTunnel(
                    tunnel, device: $0, file: loaded.file(of: tunnel), resolvers: loaded.resolvers(of: tunnel),
                    health: loaded.configuration.health,
                    at: now)
            }
        }
        monitor = try DaemonError.from { () throws(KernelError) in try LinkMonitor() }
        routes = try DaemonError.from { () throws(KernelError) in try RouteSocket() }
        sets = try DaemonError.from { () throws(KernelError) in try SetWriter() }
        signals = sluice_signals()
        poller = try Poller()
        poller.add(monitor.descriptor, token: 0)
        poller.add(signals, token: 1)
        poller.add(inbox.fd, token: 2)
    }

    /// Rules and routes of ours, before the table is loaded and anybody is answered.
    func prepare() throws(KernelError) {
        try look()
        try routes.setRules(tunnels: tunnels.map(\.device))
        try route()
        selection = Selection(of: tunnels.map(\.machine.state))
        elements = wantedElements
    }

    /// Looks after the world until told to stop. Returns why, if it was not asked to.
    func run() -> String? {
        while true {
            step()
            let deadline = min(tunnels.map(\.deadline).min() ?? nextTableCheck, nextTableCheck)
            for tunnel in tunnels { if let descriptor = tunnel.descriptor { poller.add(descriptor, token: 3) } }
            for ready in poller.wait(max(deadline - .now, 5)) where ready.token == 1 || ready.token == 2 {
                if ready.token == 1, !signalled() { return nil }
                if ready.token == 2, let reason = take() { return reason }
            }
        }
    }

    /// One round: what has changed, what follows from it.
    private func step() {
        do throws(KernelError) {
            if try !monitor.drain().isEmpty {
                try look()
                try routes.setRules(tunnels: tunnels.map(\.device))
            }
            let now = Instant.now
            try checkTable(at: now)
            for index in tunnels.indices {
                tunnels[index].listen(randomness, &room, at: now)
                if tunnels[index].machine.observe(tunnels[index].facts, at: now) == .bringUp { bringUp(index) }
            }
            try settle()
            lastError = nil
        } catch {
            // The next round tries again; the same words once are enough.
            if error != lastError { log.error("\(error)") }
            lastError = error
        }
    }

    /// Has the table built again if another program took it away.
    private func checkTable(at now: Instant) throws(KernelError) {
        guard now >= nextTableCheck else { return }
        nextTableCheck = now + Self.tableCheck
        guard try !sets.isTablePresent() else { return }
        repairs += 1
        log.warning("the table inet sluice is gone: building it again")
        worker.post(.load(plan, Array(elements)))
    }

    private func bringUp(_ index: Int) {
        guard tunnels[index].isOurs else { return }
        do throws(KernelError) {
            try tunnels[index].bringUp(&routes)
            try look()
        } catch {
            log.error("tunnel \(tunnels[index].configuration.name): \(error)")
        }
    }

    private func look() throws(KernelError) {
        let links = try routes.links()
        addresses = try routes.addresses()
        let gateways = try routes.gateways()
        if gateways != self.gateways { network += 1 }
        self.gateways = gateways
        for index in tunnels.indices { tunnels[index].see(links, addresses) }
        let devices = Set(tunnels.compactMap { $0.link?.index })
        systemServers = loaded.systemServers
        let mirror = try routes.mirrorMain(excluding: devices)
        outsideFamilies = mirror.defaults
        for refusal in mirror.refused { log.warning("a route of main is not copied: \(refusal)") }
    }

    /// Brings kernel and worker to what the tunnels' states ask for. What closes, closes before anything else; what opens, opens last.
    private func settle() throws(KernelError) {
        let former = selection
        selection = Selection(of: tunnels.map(\.machine.state))
        if selection != former {
            let name = selection.inUse.map { tunnels[$0].configuration.name } ?? "none"
            log.notice("\(selection.state.rawValue), tunnel \(name)")
        }
        let wanted = wantedElements
        let isClosing = former.state == .connected && selection.state != .connected
        if isClosing { publish() }
        if isClosing { try write(wanted) }
        try route()
        if !isClosing { try write(wanted) }
        publish()
    }

    /// Tells the worker, if there is anything new.
    func publish() {
        let situation = situation
        guard situation != published else { return }
        published = situation
        worker.post(.situation(situation))
    }

    private func route() throws(KernelError) {
        let tunnel = selection.inUse.map { tunnels[$0] }
        let wanted = Routed(link: tunnel?.facts.isUp == true ? tunnel?.link?.index : nil, families: tunnel?.families ?? [])
        guard wanted != routed else { return }
        try routes.setTunnel(link: wanted.link, families: wanted.families)
        routed = wanted
    }

    private func write(_ wanted: Set<SetElement>) throws(KernelError) {
        guard wanted != elements else { return }
        let changes =
            elements.subtracting(wanted).map { ElementChange(.remove, $0) } + wanted.subtracting(elements).map { ElementChange(.add, $0) }
        let refused = try sets.commit(changes)
        for refusal in refused { log.error("an element of set \(refusal.change.element.set.rawValue) is missing: \(refusal.error)") }
        elements = wanted
    }

    /// False when we are to stop.
    private func signalled() -> Bool {
        var information = signalfd_siginfo()
        while unsafe read(signals, &information, MemoryLayout<signalfd_siginfo>.size) > 0 {
            guard information.ssi_signo == UInt32(SIGHUP) else { return false }
            _ = reload()
        }
        return true
    }

    /// Why we must stop; nil to go on.
    private func take() -> String? {
        for message in inbox.take() {
            switch message {
            case .reload(let connection): worker.post(.reloaded(connection: connection, ControlReply(reload: reload())))
            // What was written since they were sent is gone; the next round writes the difference.
            case .loaded(let standing): elements = Set(standing)
            case .tableMissing: nextTableCheck = .now
            case .notLoaded(let why): log.error("\(why)")
            case .stopped(let why): return why ?? "the worker ended"
            }
        }
        return nil
    }

    /// Takes away all that is ours.
    func remove() {
        do throws(KernelError) {
            for tunnel in tunnels { try tunnel.remove(&routes) }
            try routes.removeRules()
            try routes.removeTables()
        } catch {
            log.error("\(error)")
        }
    }
}
