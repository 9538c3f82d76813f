// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Resolving
import Wire

/// What the supervisor tells the worker: the world as it is now, frozen.
struct Situation: Sendable {
    var snapshot: Snapshot
    /// Counts the configurations taken: a matcher is not compared rule by rule.
    var configurations: Int
    /// Who gets answers.
    var clients: [Network]
    var tunnels: [Tunnel]
    var listeners: [String]
    var configuration: String
    var rules: StatusReport.Rules
    var repairs: Int
    /// Every server asked on each path, for those who look.
    var servers: [Path: [ServerAddress]]

    struct Tunnel: Hashable, Sendable {
        let name: String
        let interface: String
        let state: TunnelState
        let inUse: Bool
        let resolvers: [ServerAddress]
        let handshake: Instant?
    }

    func admits(_ client: IPAddress) -> Bool { clients.contains { $0.contains(client) } }
}

extension Situation: Equatable {
    static func == (left: Situation, right: Situation) -> Bool {
        left.snapshot.circumstances == right.snapshot.circumstances && left.configurations == right.configurations
            && left.snapshot.steeringGuard == right.snapshot.steeringGuard && left.snapshot.tunnelFamilies == right.snapshot.tunnelFamilies
            && left.snapshot.network == right.snapshot.network && left.clients == right.clients && left.tunnels == right.tunnels
            && left.rules.rejected == right.rules.rejected && left.repairs == right.repairs
    }
}

/// To the worker.
enum WorkerMessage: Sendable {
    case situation(Situation)
    /// Build the table anew, with these elements and every learned one, in one transaction.
    case load(RulesetPlan, [SetElement])
    case reloaded(connection: UInt64, ControlReply)
    case stop
}

/// To the supervisor.
enum SupervisorMessage: Sendable {
    case reload(connection: UInt64)
    /// The table was built anew, with these elements of the supervisor's.
    case loaded([SetElement])
    /// A set of ours is gone.
    case tableMissing
    /// The kernel did not take a table; the one before it is in force.
    case notLoaded(String)
    case stopped(String?)
}
