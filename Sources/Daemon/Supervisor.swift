// SPDX-License-Identifier: MIT
import CLinux
import Configuration
import Glibc
import HostDNS
import Kernel
import Logging
import Policy
import Resolving
import Rules
import Steering
import Tunnels
import Wire

/// The thread that looks after the world: tunnels, routes, rules, the sets that say what is open. It tells the worker what it finds.
final class Supervisor {
    let log: Logger
    let path: String
    let inbox: Mailbox<SupervisorMessage>
    let worker: Mailbox<WorkerMessage>
    let state: StateFolder
    let keeping: LeaseKeeper
    let lookups = TunnelLookups()
    let doors: Doors
    var loaded: Loaded
    var plan: RulesetPlan
    var tunnels: [SupervisedTunnel]
    var routes: RouteSocket
    var sets: SetWriter
    var conntrack: ConntrackSocket
    var tables: NftMonitor
    /// Nil, with a warning, where files cannot be watched.
    let keeper: ResolvConfKeeper?
    /// Nil, with a warning, where files cannot be watched.
    let watch: RuleWatch?
    let loader: Loader
    var reloads = ReloadMachine()
    var apps: AppGroups?
    /// What was last wrong with them, told once.
    var appTrouble = ""
    private var monitor: LinkMonitor
    private let signals: Int32
    let poller: Poller
    let randomness = Randomness()
    var room = [UInt8](repeating: 0, count: 1 << 16)

    /// What the kernel says now.
    var addresses: [LinkAddress] = []
    var gateways: [Gateway] = []
    var outsideFamilies: Set<IPAddress.Family> = []
    /// What of ours stands in the sets.
    var elements: Set<SetElement> = []
    var wish: Wish
    /// Until when `down` stays on its way, for those who want to look at it (the lab's leak test).
    var lingering: Instant?
    /// The search for endpoints that are given by name, and what it has found.
    var seeker: EndpointSeeker
    var known: [Name: IPAddress] = [:]
    var selection = Selection(of: [])
    var choice: NodeChoice
    /// What probes, and lookups of endpoints, are known by to `poller`.
    static let probeToken: UInt64 = 9
    private static let seekerToken: UInt64 = 8
    /// What our routes were last set to; nil: never.
    var routed: Routed?
    /// The same of each node's.
    var routedNodes: [Node: Routed] = [:]
    /// The nodes that were alive when the kernel was last told.
    var formerlyAlive: Set<Node> = []
    /// Those that have died since, and whose flows have not been ended yet.
    var owedAnEnd: Set<Node> = []
    /// See `Spread`.
    var spreads: [IPAddress.Family: Spread] = [:]
    var mirrored: RouteSocket.Mirror?
    var rejected: [String] = []
    var repairs = Repairs()
    var configurations = 1
    /// What rules of this run have named.
    var trafficClasses = TrafficClasses()
    /// See `Snapshot.ahead`.
    var ahead: [Name] = []
    /// Counts changes of the network around; see `Snapshot.network`.
    var network = 0
    var systemServers: [ServerAddress] = []
    var published: Situation?
    /// Addresses that became a tunnel's and whose flows outside are to end.
    var moved: Set<IPAddress> = []
    var toldOfNodes: [Situation.NodeReport] = []
    /// Who waits for a test of the nodes, and until when.
    var testers: [UInt64] = []
    var testDue = Instant.now
    var nextEnding = Instant.now
    /// When to look at what netlink says nothing of.
    var nextRound = Instant.now
    /// When the table that the kernel did not take is tried again.
    var nextLoad: Instant?
    private var loadWait = firstLoadWait
    private static let firstLoadWait: Int64 = 5000
    private static let longestLoadWait: Int64 = 300_000
    private var lastError: KernelError?
    /// Between two such looks, in milliseconds: each costs some 10 µs.
    static let round: Int64 = 250

    struct Routed: Equatable {
        let link: UInt32?
        let families: Set<IPAddress.Family>
    }

    init(_ start: SupervisorStart) throws(DaemonError) {
        log = start.log
        path = start.path
        inbox = start.inbox
        worker = start.worker
        state = start.state
        keeping = start.keeping
        doors = start.doors
        loaded = start.loaded
        apps = start.apps
        wish = start.state.wish
        trafficClasses.take(start.loaded.trafficClasses)
        plan = start.loaded.rulesetPlan(start.doors, start.apps, trafficClasses)
        let loaded = start.loaded
        ahead = loaded.matcher.exactNames(notIn: .empty)
        let now = Instant.now
        tunnels = loaded.configuration.tunnel.enumerated().compactMap { number, tunnel in
            tunnel.device.map {
                SupervisedTunnel(
                    tunnel, Node(number), device: $0, file: loaded.file(of: tunnel), resolvers: loaded.resolvers(of: tunnel),
                    health: loaded.configuration.health,
                    at: now)
            }
        }
        choice = NodeChoice(loaded.configuration)
        var names: [Name] = []
        for name in tunnels.flatMap({ $0.file?.endpointNames ?? [] }) where !names.contains(name) { names.append(name) }
        seeker = EndpointSeeker(names, kept: start.state.endpoints, randomness, at: now)
        keeper = Self.keeper(loaded.configuration, start.doors, log)
        watch = Self.watch(log)
        monitor = try DaemonError.from { () throws(KernelError) in try LinkMonitor() }
        tables = try DaemonError.from { () throws(KernelError) in try NftMonitor() }
        routes = try DaemonError.from { () throws(KernelError) in try RouteSocket() }
        sets = try DaemonError.from { () throws(KernelError) in try SetWriter() }
        conntrack = try DaemonError.from { () throws(KernelError) in try ConntrackSocket() }
        signals = sluice_signals()
        // After the signals are blocked for it too.
        loader = try Loader(path: path, inbox: inbox)
        poller = try Poller()
        for (token, descriptor) in [monitor.descriptor, signals, inbox.fd, tables.descriptor, keeper?.fd ?? -1, watch?.fd ?? -1]
            .enumerated()
        where descriptor >= 0 {
            poller.add(descriptor, token: UInt64(token))
        }
    }

    /// Rules and routes of ours, before the table is loaded and anybody is answered.
    func prepare() throws(KernelError) {
        try look()
        try routes.setRules(tunnels: tunnels.map(\.device))
        try route()
        choose(at: .now)
        selection = Selection(of: tunnels.map(\.machine.state), chosen: choice.inUse, wish: wish)
        elements = wantedElements
    }

    /// What the worker writes into the table is no one else's doing.
    func trust(_ writer: UInt32) throws(KernelError) { try tables.ignore([sets.port, writer]) }

    /// What the table is built with: what is ours to fill, and where programs listen now.
    var elementsForTable: [SetElement] { Array(wantedElements) + ListeningPorts.now.map { .listening($0) } }

    /// Looks after the world until told to stop. Returns why, if it was not asked to.
    func run() -> String? {
        endFormerFlows()
        take(keeper?.start(at: .now) ?? [])
        watchFiles(loaded)
        loader.keep(loaded.book)
        while true {
            step()
            for descriptor in seeker.descriptors { poller.add(descriptor, token: Self.seekerToken) }
            // What tells of nodes alone comes often, and changes nothing mostly.
            while true {
                let (calm, probes) = (due, probeDue)
                var isCalm = true
                for index in 0..<poller.wait(max(min(calm, probes ?? calm) - .now, 1)) {
                    let ready = poller.ready(index).token
                    if ready == 1, !signalled() { return nil }
                    if ready == 2, let reason = take() { return reason }
                    isCalm = isCalm && ready == Self.probeToken
                }
                if !isCalm || .now >= calm || attend(at: .now) { break }
            }
        }
    }

    /// When there is something to do besides looking after nodes.
    private var due: Instant {
        let looks = wish == .up ? tunnels.compactMap(\.lookDue) : []
        return (looks + [lingering, keeper?.due, reloads.due, seekDeadline, choice.due].compactMap(\.self)).reduce(nextRound, min)
    }

    /// One round: what has changed, what follows from it.
    private func step() {
        do throws(KernelError) {
            let events = try monitor.drain()
            let now = Instant.now
            if !events.isEmpty {
                // What closes waits for nothing: the kernel answers no question about links while it takes one away, for 10 ms and more.
                for event in events { hear(event, at: now) }
                choose(at: now)
                if Selection(of: tunnels.map(\.machine.state), chosen: choice.inUse, wish: wish) != selection { try settle() }
                try look()
                try settle()
                try mend()
            }
            try checkTables(at: now)
            checkResolvConf(at: now)
            checkFiles(at: now)
            // What an answer opens does not wait for the programs that a look runs.
            attend(at: now)
            try settle()
            for index in tunnels.indices where wish == .up {
                tunnels[index].look(at: now)
                if observe(index, at: now) == .bringUp { bringUp(index) }
            }
            try seekEndpoints(at: now)
            try settle()
            endMovedFlows(at: now)
            endTest(at: now)
            lastError = nil
        } catch {
            // The next round tries again; the same words once are enough.
            if error != lastError { log.error("\(error)") }
            lastError = error
        }
    }

    /// False when we are to stop.
    private func signalled() -> Bool {
        var information = signalfd_siginfo()
        while unsafe read(signals, &information, MemoryLayout<signalfd_siginfo>.size) > 0 {
            guard information.ssi_signo == UInt32(SIGHUP) else { return false }
            askForReload(nil)
        }
        return true
    }

    /// Why we must stop; nil to go on.
    private func take() -> String? {
        for message in inbox.take() {
            switch message {
            case .reload(let connection): askForReload(connection)
            case .read(let reading): finish(reading)
            case .notKept(let why): log.warning("the last good lists are not kept: \(why)")
            case .test(let connection): test(for: connection)
            case .wish(let wish, let connection): worker.post(.answer(connection: connection, obey(wish)))
            case .join(let app, let pid, let peer, let connection):
                worker.post(.answer(connection: connection, join(app, pid, by: peer)))
            case .steered(let addresses): moved.formUnion(addresses)
            // What was written since they were sent is gone; the next round writes the difference.
            case .loaded(let standing):
                (nextLoad, loadWait) = (nil, Self.firstLoadWait)
                elements = Set(standing.filter { $0.set != .listening })
                endFlowsOfFormerDefault()
            case .tableMissing: nextRound = .now
            case .notLoaded(let why):
                log.error("\(why)")
                nextLoad = .now + loadWait
                loadWait = min(2 * loadWait, Self.longestLoadWait)
            case .stopped(let why): return why ?? "the worker ended"
            }
        }
        return nil
    }

    /// Tells those who look, and the log.
    func tell(_ event: Happening.Event, _ text: String) {
        log.notice("\(event.rawValue): \(text)")
        worker.post(.happened(Happening(event, text)))
    }

    /// Whether what the tunnel's rules name stays refused after an ordinary stop.
    var blocks: Bool {
        switch loaded.configuration.routing.onStop {
        case .block: true
        case .clean: false
        }
    }

    /// Takes away all that is ours, or, to block, all but the rules that keep the tunnel's side from going elsewhere.
    func remove(blocking: Bool) {
        do throws(KernelError) {
            for tunnel in tunnels { try tunnel.remove(&routes) }
            guard !blocking else { return }
            try routes.removeRules()
            try routes.removeTables()
        } catch {
            log.error("\(error)")
        }
        if !blocking { removeApps() }
    }
}
