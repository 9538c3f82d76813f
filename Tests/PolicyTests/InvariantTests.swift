// SPDX-License-Identifier: MIT
import Policy
import Rules
import Testing
import Wire

/// What holds in every cell, whatever a rule's own server is.
@Suite struct InvariantTests {
    private static let servers: [String?] = [
        nil, "10.64.0.53", "192.168.9.9", "203.0.113.53", "[2001:db8::53]", "[fd00::53]", "100.64.0.53",
    ]

    @Test(arguments: servers) func noTunnelNameEverGoesOutside(_ via: String?) {
        var asked = 0
        for cell in Cell.all where cell.action == .tunnel {
            if cell.app == .excluded, cell.profile == .mobile { continue }
            let decision = cell.decision(via: via)
            if cell.state == .disconnected, cell.fallsToSystem, cell.app != .tunneled {
                // The one stated exception.
                #expect(decision.asks == World.system.map { Ask(.outside, $0) }, "\(cell)")
            } else {
                #expect(decision.asks.allSatisfy { $0.path == .tunnel }, "\(cell)")
                #expect(decision.asks.isEmpty || cell.state == .connected, "\(cell)")
                asked += decision.asks.count
            }
        }
        #expect(asked > 0)
    }

    @Test(arguments: servers) func noTunneledAppEverGoesOutside(_ via: String?) {
        for cell in Cell.all where cell.app == .tunneled {
            #expect(cell.decision(via: via).asks.allSatisfy { $0.path == .tunnel && cell.state == .connected }, "\(cell)")
        }
    }

    @Test(arguments: servers, [true, false]) func lanNeverAsksAServerThatIsNotPrivate(_ via: String?, _ cgnat: Bool) {
        var asked = 0
        for cell in Cell.all {
            var world = cell.circumstances
            world.ranges = PrivateRanges(includesCGNAT: cgnat)
            for ask in world.decide(World.question, rule: cell.rule(via: via), app: cell.app).asks where ask.path == .lan {
                #expect(world.ranges.contains(ask.server.address), "\(cell): \(ask.server)")
                asked += 1
            }
        }
        #expect(asked > 0)
    }

    @Test func nothingIsSentInTheTunnelWhileItIsNotConnected() {
        for cell in Cell.all where cell.state != .connected {
            #expect(cell.decision().asks.allSatisfy { $0.path != .tunnel }, "\(cell)")
        }
    }

    @Test func directNamesNeverEnterTheTunnel() {
        for cell in Cell.all where cell.action == .direct && cell.app != .tunneled {
            #expect(cell.decision(via: "10.64.0.53").asks.allSatisfy { $0.path == .outside }, "\(cell)")
        }
    }

    @Test func thePathIsThatOfTheFirstServer() {
        for cell in Cell.all {
            guard case .ask(let path, let asks) = cell.decision().outcome else { continue }
            #expect(path == asks.first?.path, "\(cell)")
        }
    }

    /// A custom list that holds nothing must not be a way out of the tunnel.
    @Test(arguments: TunnelState.allCases) func anEmptyCustomListOpensNoWayOut(_ state: TunnelState) {
        let decision = World.circumstances(.custom([]), state).decide(World.question, rule: nil, app: .normal)
        #expect(state == .disconnected || decision.asks.allSatisfy { $0.path == .tunnel }, "\(decision.words)")
    }
}
