// SPDX-License-Identifier: MIT

extension Machine {
    /// What there is to say, check by check.
    package var findings: [Finding] {
        var findings = daemonFindings + configurationFindings
        if knows(.routes) { findings += routeFindings + routingRuleFindings + ipv6Findings }
        if knows(.sockets) { findings += portFindings }
        if knows(.names) { findings += resolvConfFindings }
        if knows(.sockets) { findings += resolverFindings }
        if knows(.names) { findings += nameServiceFindings }
        if knows(.routes), knows(.settings) { findings += reversePathFindings }
        if knows(.settings) { findings += sourcePortFindings + forwardingFindings }
        if knows(.browsers) { findings += browserFindings }
        findings += firewallFindings
        if knows(.routes) { findings += otherTunnelFindings }
        return findings + sightFindings
    }

    func knows(_ part: Part) -> Bool { !unread.contains(part) }

    /// What could not be seen: silence about it must not be taken for "ok".
    private var sightFindings: [Finding] {
        guard !blind.isEmpty else { return [] }
        return [
            .note(
                .sight, "not seen: " + blind.joined(separator: "; "), meaning: "What they hold is not in this report.",
                next: isSeenByRoot ? "sudo sluice doctor    (again; then by hand)" : "sudo sluice doctor")
        ]
    }
}
