// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Logging
import Policy
import Resolving
import SecureUpstreams
import Steering
import Upstreams
import Wire

/// The thread that answers: it owns the listeners, the sockets to upstreams, the resolver and the writer of learned addresses.
final class Worker {
    let log: Logger
    /// Whose members may do more than look.
    let group: String
    let poller: Poller
    let inbox: Mailbox<WorkerMessage>
    let supervisor: Mailbox<SupervisorMessage>
    let doors: [Door]
    let control: ControlSocket
    let began = Instant.now
    let randomness = Randomness()
    var resolver: Resolver
    var situation: Situation
    /// In the order of its tunnels; empty: nothing is known yet.
    var nodeReports: [Situation.NodeReport] = []
    var sets: SetWriter
    let nftables: Nftables
    /// The table that was loaded last, and the guard beside it; nil: none yet.
    var plan: RulesetPlan?
    var raised: GuardPlan?
    var guardTrouble: KernelError?
    let keeper: LeaseKeeper
    let lookups: TunnelLookups
    var kept = Kept()
    var cacheDue = Instant.now + 300_000

    /// Who waits for a reply by UDP, by the number in the client's token.
    var origins: [UDPClient?] = []
    var freeOrigins: [Int] = []
    var connections: [UInt64: TCPConnection] = [:]
    /// Listeners that are not heard, for want of descriptors.
    var resting: Set<Int> = []
    var controls: [UInt64: ControlConnection] = [:]
    /// What `query` asked, until its reply comes.
    var queries: [UInt64: Query] = [:]
    /// What the supervisor has done for others: told when the rules it brought are applied.
    var held: [(connection: UInt64, reply: ControlReply)] = []
    /// Those of `controls` that want to hear what happens.
    var watchers: Set<UInt64> = []
    var upstreams = UpstreamSockets()
    var spareEffects: [Effect] = []
    static let mostSpareEffects = 512
    let secure: SecureUpstreams
    let secureInbox: Mailbox<SecureEvent>
    /// What is wrong with encrypted servers, as far as it was noticed.
    var troubles: [Ask: String] = [:]
    /// Addresses that have become a tunnel's, until the supervisor is told, and when it may be told next.
    var steered: [IPAddress] = []
    var nextSteered = Instant.now
    /// What `status` told last of rules that came late.
    var conflictsSeen: (at: Instant, count: Int)?
    var lateSeen: (revision: Int, at: Instant, late: Late)?
    private var lastConnection: UInt64 = 0
    private var nextHousekeeping = Instant.now
    private var nextTidying = Instant.now
    private var isStopping = false
    /// Whether the start is over.
    private var isSettled = false
    /// Room for a reply by TCP that is ready.
    var tcpRoom = [UInt8](repeating: 0, count: 4096)
    /// Room for one message of an upstream.
    var room = [UInt8](repeating: 0, count: 1 << 16)

    struct UDPClient {
        let listener: Int
        let origin: UDPListener.Origin
    }

    /// More connections than this, and the one idle longest is closed.
    static let mostConnections = 512
    /// Connections of those who look or command.
    static let mostControls = 64
    private static let housekeeping: Int64 = 1000
    private static let tidying: Int64 = 60_000

    /// Opens everything; touches nothing of the kernel's yet.
    init(_ start: WorkerStart) throws(DaemonError) {
        log = start.log
        group = start.group
        inbox = start.inbox
        supervisor = start.supervisor
        situation = start.situation
        poller = try Poller()
        doors = start.doors.all
        control = try ControlSocket(folder: start.runFolder, group: start.group)
        nftables = try DaemonError.from { () throws(KernelError) in try Nftables() }
        sets = try DaemonError.from { () throws(KernelError) in try SetWriter() }
        keeper = start.keeper
        lookups = start.lookups
        let ledger = Self.inherit(start.ledger, start, &sets)
        let heard = Mailbox<SecureEvent>()
        secureInbox = heard
        secure = SecureUpstreams(roots: start.situation.tlsRoots?.path) { heard.post($0) }
        let hash = KeyedHash()
        resolver = Resolver(
            snapshot: start.situation.snapshot, ledger: ledger, hash: { hash.of($0) }, random: { [randomness] in randomness.next() })
        for (index, door) in doors.enumerated() {
            poller.add(door.udp.fd, token: Token(.udp, UInt64(index)).raw)
            poller.add(door.tcp.fd, token: Token(.tcp, UInt64(index)).raw)
        }
        poller.add(inbox.fd, token: Token(.inbox, 0).raw)
        poller.add(heard.fd, token: Token(.secure, 0).raw)
        poller.add(control.fd, token: Token(.control, 0).raw)
    }

    /// Answers until told to stop.
    func run() {
        while !isStopping {
            let now = Instant.now
            var deadline = min(resolver.nextDeadline ?? nextHousekeeping, nextHousekeeping)
            if !steered.isEmpty { deadline = min(deadline, nextSteered) }
            for index in 0..<poller.wait(deadline - now) { handle(poller.ready(index)) }
            let later = Instant.now
            if resolver.nextDeadline.map({ $0 <= later }) ?? false { resolver.tick(at: later) }
            if later >= nextHousekeeping { keepHouse(at: later) }
            tellSteered(at: later)
            carryOut()
            answerHeld()
            for door in doors { door.udp.flush() }
        }
    }

    private func handle(_ ready: Poller.Ready) {
        let token = Token(raw: ready.token)
        switch token.kind {
        case .udp: receive(at: Int(token.number))
        case .tcp: accept(at: Int(token.number))
        case .connection: serve(token.number, ready.events)
        case .upstream: proceed(at: Int(token.number))
        case .secure: hearSecure()
        case .inbox: for message in inbox.take() { handle(message) }
        case .control: acceptControl()
        case .controlConnection: serveControl(token.number)
        }
    }

    private func handle(_ message: WorkerMessage) {
        switch message {
        case .situation(let situation):
            leaveSecure(for: situation)
            self.situation = situation
            resolver.adopt(situation.snapshot, at: .now)
            raiseGuard()
        case .reports(let reports): take(reports)
        case .load(let plan, let elements):
            do throws(KernelError) {
                try load(plan, elements)
                supervisor.post(.loaded(elements))
            } catch {
                supervisor.post(.notLoaded("\(error)"))
            }
        case .answer(let connection, let reply): held.append((connection, reply))
        case .happened(let happening): tell(happening)
        case .stop: isStopping = true
        }
    }

    /// Builds the table anew with all that is owed, so that no packet finds it empty.
    func load(_ plan: RulesetPlan, _ elements: [SetElement]) throws(KernelError) {
        let learned = resolver.ledger.elementsAnew(at: .now).flatMap(\.elements)
        // The guard first, and again afterwards: while a table is exchanged, the kernel finds its sets of networks empty for a moment.
        let former = self.plan
        self.plan = plan
        raiseGuard()
        do throws(KernelError) {
            try nftables.load(plan, elements: elements + learned)
        } catch {
            self.plan = former
            // The one before, if another program has taken it away meanwhile.
            if let former, try !sets.isTablePresent() { try nftables.load(former, elements: elements + learned) }
            raiseGuard()
            throw error
        }
        for refusal in try sets.commit(elements.filter(\.isUnwritable).map { ElementChange(.add, $0) }) {
            log.error("a class of apps is not told from others: \(refusal.error)")
        }
        raised = nil
        raiseGuard()
    }

    /// Takes the table away, or leaves it closed.
    func unload(_ blocking: (plan: RulesetPlan, elements: [SetElement])?) {
        do throws(KernelError) {
            if let blocking { return try load(blocking.plan, blocking.elements) }
            try nftables.remove()
            try sets.lowerGuard()
        } catch {
            log.error("\(error)")
        }
    }

    private func keepHouse(at now: Instant) {
        nextHousekeeping = now + Self.housekeeping
        resolver.expireLeases(at: now)
        raiseGuard()
        keepLeases(at: now)
        keepCache(at: now)
        wakeListeners()
        if !isSettled, now - began > 1000 {
            isSettled = true
            Memory.dropWhatWasRead()
        }
        if now >= nextTidying {
            nextTidying = now + Self.tidying
            Memory.giveBack()
        }
        for (number, connection) in controls where connection.isMute(at: now) { controls[number] = nil }
        for (number, connection) in connections where now - connection.lastUse > TCPConnection.idle { connections[number] = nil }
    }

    /// Nobody is told that it is done while it is not.
    private func answerHeld() {
        guard !held.isEmpty, !resolver.appliesRules else { return }
        for (connection, reply) in held { controls.removeValue(forKey: connection)?.send(reply) }
        held = []
    }

    func connectionNumber() -> UInt64 {
        lastConnection += 1
        return lastConnection
    }
}

/// What a worker begins with.
struct WorkerStart {
    let log: Logger
    let inbox: Mailbox<WorkerMessage>
    let supervisor: Mailbox<SupervisorMessage>
    let situation: Situation
    let ledger: Ledger
    /// What the last run wrote down.
    let image: [UInt8]?
    let keeper: LeaseKeeper
    let lookups: TunnelLookups
    let doors: Doors
    let runFolder: String
    let group: String
}

/// What a descriptor is, in the number epoll keeps for it; also what a client's token says.
struct Token {
    enum Kind: UInt8 { case udp = 1, tcp, connection, upstream, inbox, control, controlConnection, secure }

    let kind: Kind
    let number: UInt64

    init(_ kind: Kind, _ number: UInt64) {
        self.kind = kind
        self.number = number
    }

    init(raw: UInt64) {
        // Only we write tokens; a kind that is none of ours cannot come back.
        kind = Kind(rawValue: UInt8(truncatingIfNeeded: raw >> 56)) ?? .inbox
        number = raw & 0xFF_FFFF_FFFF_FFFF
    }

    var raw: UInt64 { UInt64(kind.rawValue) << 56 | number & 0xFF_FFFF_FFFF_FFFF }
}

extension SetChange {
    /// What it adds.
    var elements: [SetElement] { elementChanges.filter { $0.kind == .add }.map(\.element) }
}
