// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

extension Snapshot {
    /// Why the set of a rule's route may not take an address; nil: it may.
    package func refusal(of address: IPAddress, to route: SteeredRoute, _ rule: Ruling) -> SteeringGuard.Reason? {
        steeringGuard.refusal(of: address, to: route, isPrivate: circumstances.ranges.contains, allowsPrivate: rule.options.private)
    }

    /// Whether an address leads to this machine or its networks, where names without a rule have no business.
    package func leadsInside(_ address: IPAddress) -> Bool {
        Rebinding.isInside(address, circumstances.ranges, ours: steeringGuard.ours, nat64: steeringGuard.nat64)
    }

    /// The name of a `tunnel` rule whose service binding leads to the asked one, which has no rule of its own and is not of the local network; and
    /// that rule.
    package func service(_ question: Question, _ ledger: Ledger) -> (origin: Name, rule: Ruling)? {
        guard ledger.services.count > 0, let origin = ledger.services.origin(of: question.name), matcher.match(question.name) == nil,
            let rule = matcher.match(origin), rule.action == .tunnel, !Reserved.isLocal(question, circumstances.ranges)
        else { return nil }
        return (origin, rule)
    }
}
