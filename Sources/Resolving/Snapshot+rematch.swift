// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Wire

extension Snapshot {
    /// Gives what is owed to those whom the rules of this world say, as far as its sets may hold it.
    /// - Parameters: as `Ledger.rematch` has them.
    /// - Returns: what is to be written into the kernel.
    package func rematch(
        _ ledger: inout Ledger, _ slots: Range<Int>? = nil, at now: Instant, dropped: (Owner, IPAddress, Instant) -> Void = { _, _, _ in }
    ) -> [SetChange] {
        ledger.rematch(
            slots, at: now,
            { owner in
                guard let rule = matcher.match(owner.name) ?? matcher.match(owner.matched) else { return nil }
                guard let route = rule.action.route else { return .blocked(rule: rule.number) }
                return Ledger.Verdict(route, handling(of: rule), rule: rule.number, allowsPrivate: rule.options.private)
            }, admits: admits, dropped: dropped)
    }

    /// Whether a set may hold an address.
    /// - Parameter stands: it does already.
    package func admits(_ address: IPAddress, _ verdict: Ledger.Verdict, stands: Bool) -> Bool {
        let refusal = stands ? steeringGuard.expulsion : steeringGuard.refusal
        return refusal(address, verdict.route, circumstances.ranges.contains, verdict.allowsPrivate) == nil
    }
}
