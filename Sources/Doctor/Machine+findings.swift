// SPDX-License-Identifier: MIT

extension Machine {
    /// What there is to say, check by check.
    package var findings: [Finding] {
        let findings = [
            daemonFindings, configurationFindings, routeFindings, routingRuleFindings, ipv6Findings, portFindings, resolvConfFindings,
            resolverFindings, nameServiceFindings, reversePathFindings, forwardingFindings, browserFindings, firewallFindings,
            otherTunnelFindings,
        ]
        return findings.flatMap(\.self) + sightFindings
    }

    /// What could not be seen: silence about it must not be taken for "ok".
    private var sightFindings: [Finding] {
        guard !blind.isEmpty else { return [] }
        return [
            .note(
                .sight, "not seen: " + blind.joined(separator: "; "), meaning: "What they hold is not in this report.",
                next: "sudo sluice doctor")
        ]
    }
}
