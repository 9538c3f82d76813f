// SPDX-License-Identifier: MIT
import Policy
import Rules
import Testing
import Wire

/// The rows of MATRIX.md, "Traffic", that know addresses, over all states.
struct TrafficTests {
    private static let address = IPAddress.v4(0xCB00_710B)
    private static let home = IPAddress.v4(0xC0A8_0105)

    private func traffic(
        _ state: TunnelState, to address: IPAddress = Self.address, leases: Set<Action> = [], network: Action? = nil, tunnel: Bool = false,
        sharing: Bool = true, system: Bool = false
    ) -> Traffic {
        Circumstances(lanSharing: sharing, tunnelRulesFallToSystem: system, state: state)
            .traffic(to: address, leases: leases, network: network, defaultIsTunnel: tunnel)
    }

    /// Invariant 5: what is owed to a tunnel goes in it or nowhere, whatever else claims it.
    @Test(arguments: TunnelState.allCases, [Set<Action>](arrayLiteral: [.tunnel], [.tunnel, .direct], [.tunnel, .direct, .lan]))
    func whatATunnelIsOwedGoesNowhereElse(_ state: TunnelState, _ leases: Set<Action>) {
        let expected: Traffic.Verdict = state == .connected ? .by(.tunnel) : .rejected
        for network in [nil] + Action.allCases {
            #expect(traffic(state, leases: leases, network: network) == Traffic(verdict: expected, cause: .lease(.tunnel)))
        }
        #expect(traffic(state, leases: [.direct], network: .tunnel) == Traffic(verdict: expected, cause: .network(.tunnel)))
    }

    @Test func onlyDisconnectedOnPurposeLetsTunnelRulesGo() {
        for state in TunnelState.allCases where state != .connected {
            let expected: Traffic.Verdict = state == .disconnected ? .asRouted : .rejected
            #expect(traffic(state, leases: [.tunnel], system: true).verdict == expected)
        }
    }

    @Test func aLeaseBeatsANetworkOfAnotherAction() {
        #expect(traffic(.error, leases: [.direct], network: .block) == Traffic(verdict: .by(.outside), cause: .lease(.direct)))
        #expect(traffic(.error, network: .block) == Traffic(verdict: .rejected, cause: .network(.block)))
        #expect(traffic(.error, to: Self.home, leases: [.lan]) == Traffic(verdict: .by(.lan), cause: .lease(.lan)))
        #expect(traffic(.error, leases: [.lan]).verdict == .rejected, "lan never goes to a public address")
    }

    @Test(arguments: TunnelState.allCases) func whatNothingNamesGoesTheDefaultWay(_ state: TunnelState) {
        #expect(traffic(state) == Traffic(verdict: .asRouted, cause: .routingDefault))
        let expected: Traffic.Verdict =
            switch state {
            case .connected: .by(.tunnel)
            case .disconnected: .asRouted
            case .connecting, .disconnecting, .error: .rejected
            }
        #expect(traffic(state, tunnel: true) == Traffic(verdict: expected, cause: .routingDefault))
        #expect(traffic(state, to: Self.home, tunnel: true) == Traffic(verdict: .asRouted, cause: .localNetwork))
        #expect(traffic(state, to: Self.home, tunnel: true, sharing: false).verdict == .rejected)
        #expect(traffic(state, to: .v4(0xE000_00FB), tunnel: true).cause == .localNetwork)
    }
}
