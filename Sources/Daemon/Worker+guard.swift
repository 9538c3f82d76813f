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
        let learned = resolver.ledger.elements(at: .now).compactMap(\.element)
        let wanted = GuardPlan(plan, situation, learned)
        var shape = wanted
        shape.elements = []
        guard shape != raised else { return }
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
    fileprivate init(_ plan: RulesetPlan, _ situation: Situation, _ learned: [SetElement]) {
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
        self.init(
            links: situation.tunnels.map(\.interface), networks: isLetGo ? [] : plan.networks, foreignLookups: !isForeignAllowed,
            defaultTunnel: plan.routingDefault == .tunnel && !isUnwanted, lanSharing: plan.lanSharing, foreignMarks: situation.foreignMarks,
            cgnatIsPrivate: plan.cgnatIsPrivate, tunneled: situation.tunneledGroup, learnedSize: plan.learnedSize, mirrors: !isLetGo,
            elements: isLetGo ? [] : learned)
    }
}
