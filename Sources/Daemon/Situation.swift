// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Resolving
import Tunnels
import Wire

/// What the supervisor tells the worker: the world as it is now, frozen.
struct Situation: Sendable {
    var snapshot: Snapshot
    /// Counts the configurations taken: a matcher is not compared rule by rule.
    var configurations: Int
    var resolvConf: StatusReport.ResolvConf
    /// Who gets answers.
    var clients: [Network]
    var tunnels: [Tunnel]
    /// Whole marks of WireGuard devices that are not ours.
    var foreignMarks: [UInt32]
    /// The apps that may only use the tunnel.
    var tunneledGroup: GuardPlan.Group?
    var listeners: [String]
    var configuration: String
    var rules: StatusReport.Rules
    var repairs: Repairs
    /// Whose certificates encrypted servers may have, besides those of the system's authorities.
    var tlsRoots: TLSRoots?
    /// Which network this is, as long as it can be told from others of the same addresses; empty: it cannot.
    var networkName: String
    /// Whether answers outlast a restart.
    var keepsCache: Bool
    /// Every server asked on each path, for those who look.
    var servers: [Path: [ServerAddress]]

    struct Tunnel: Hashable, Sendable {
        let name: String
        let interface: String
        /// Whether there is a device of that name.
        let hasInterface: Bool
        let state: TunnelState
        let inUse: Bool
        let resolvers: [ServerAddress]
    }

    /// What changes all the time, and nothing depends on: for those who look.
    struct NodeReport: Hashable, Sendable {
        let condition: NodeHealth.Condition
        /// The same without suspicions, and since when.
        let settled: NodeHealth.Condition
        let since: Instant
        let trips: RoundTrips
        let latency: Int64?
        let handshake: Instant?
        let counters: LinkCounters
        /// Where its peers are nodes: which is active, counted from 1, and of how many.
        let peer: Int?
        let peers: Int?
        /// The last handshake of each of them.
        let handshakes: [Instant?]
        /// Why it is in use, and since when.
        let chosen: String?
        let changed: Instant?
        let test: RoundTrips?
    }

    func admits(_ client: IPAddress) -> Bool { clients.contains { $0.contains(client) } }
}

extension Situation: Equatable {
    static func == (left: Situation, right: Situation) -> Bool {
        left.snapshot.circumstances == right.snapshot.circumstances && left.configurations == right.configurations
            && left.snapshot.steeringGuard == right.snapshot.steeringGuard && left.snapshot.tunnelFamilies == right.snapshot.tunnelFamilies
            && left.snapshot.network == right.snapshot.network && left.snapshot.looksForNAT64 == right.snapshot.looksForNAT64
            && left.clients == right.clients && left.tunnels == right.tunnels
            && left.foreignMarks == right.foreignMarks && left.tunneledGroup == right.tunneledGroup
            && left.rules.rejected == right.rules.rejected && left.repairs == right.repairs
            && left.resolvConf == right.resolvConf && left.networkName == right.networkName && left.keepsCache == right.keepsCache
    }
}

/// To the worker.
enum WorkerMessage: Sendable {
    case situation(Situation)
    case reports([Situation.NodeReport])
    /// Build the table anew, with these elements and every learned one, in one transaction.
    case load(RulesetPlan, [SetElement])
    case answer(connection: UInt64, ControlReply)
    case happened(Happening)
    case stop
}

/// To the supervisor.
enum SupervisorMessage: Sendable {
    case reload(connection: UInt64)
    /// Everything was read again.
    case read(Loader.Reading)
    /// Good lists could not be copied to the state folder.
    case notKept(String)
    case wish(Wish, connection: UInt64)
    /// Measure all nodes now.
    case test(connection: UInt64)
    /// Put a process into a class, if whoever asks may move it.
    case join(App, pid: Int32, by: Peer, connection: UInt64)
    /// These addresses are a tunnel rule's now.
    case steered([IPAddress])
    /// The table was built anew, with these elements of the supervisor's.
    case loaded([SetElement])
    /// A set of ours is gone.
    case tableMissing
    /// The kernel did not take a table; the one before it is in force.
    case notLoaded(String)
    case stopped(String?)
}
