// SPDX-License-Identifier: MIT
import Kernel
import Logging
import Policy
import Resolving
import Steering

/// The second table, which holds what the first would while somebody else has taken that away.
extension Worker {
    /// Puts it up as the plan and the state want it, if that has changed.
    func raiseGuard() {
        guard let plan else { return }
        let (shape, isLetGo) = GuardPlan.shape(plan, situation)
        // Looked at every second: what is owed is listed only where it is needed, 65,000 addresses take 10 ms and more.
        guard shape != raised else { return }
        var wanted = shape
        if !isLetGo { wanted.elements = resolver.ledger.elements(at: .now).flatMap(\.elements).filter { GuardPlan.holds($0.set) } }
        do throws(KernelError) {
            try sets.raiseGuard(wanted)
            raised = shape
            guardTrouble = nil
        } catch {
            // Tried again every second: a daemon that is ending may still hold its own.
            if error != guardTrouble {
                log.warning("nothing holds what belongs in the tunnel while another program has flushed our table: \(error)")
            }
            guardTrouble = error
        }
    }
}

extension GuardPlan {
    /// What it is to be but for the addresses, and whether it holds none because the tunnel's rules are let go.
    fileprivate static func shape(_ plan: RulesetPlan, _ situation: Situation) -> (shape: GuardPlan, isLetGo: Bool) {
        let isUnwanted =
            switch situation.snapshot.circumstances.state {
            case .disconnected: true
            case .connecting, .connected, .disconnecting, .error: false
            }
        let isLetGo = isUnwanted && plan.tunnelRulesWhenDisconnectedSystem
        let isForeignAllowed =
            switch plan.foreign {
            case .allow: true
            case .reject, .capture: false
            }
        let shape = GuardPlan(
            links: situation.tunnels.map(\.interface), networks: isLetGo ? [] : plan.networks, foreignLookups: !isForeignAllowed,
            defaultTunnel: plan.routingDefault == .tunnel && !isUnwanted, lanSharing: plan.lanSharing, foreignMarks: situation.foreignMarks,
            cgnatIsPrivate: plan.cgnatIsPrivate, tunneled: situation.tunneledGroup, learnedSize: plan.learnedSize, mirrors: !isLetGo)
        return (shape, isLetGo)
    }
}
