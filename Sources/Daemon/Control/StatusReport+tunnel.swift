// SPDX-License-Identifier: MIT
import Kernel
import Policy
import Tunnels
import Wire

extension StatusReport.Tunnel {
    init(_ tunnel: Situation.Tunnel, _ node: Situation.NodeReport?, at now: Instant) {
        func seconds(_ moment: Instant?) -> Int64? { moment.map { max(0, now - $0) / 1000 } }
        let test = node?.test.map { trips in
            Test(
                sent: trips.count, answered: trips.answered, shortest: trips.shortest.map(Self.milliseconds),
                middle: trips.p50.map(Self.milliseconds), longest: trips.longest.map(Self.milliseconds))
        }
        self.init(
            name: tunnel.name, interface: tunnel.interface, hasInterface: tunnel.hasInterface, state: tunnel.state.rawValue,
            inUse: tunnel.inUse, resolvers: tunnel.resolvers.map(\.description), condition: (node?.condition ?? .new).rawValue,
            since: seconds(node?.since), latency: node.flatMap { $0.condition == .dead ? nil : $0.latency }.map(Self.milliseconds),
            p99: node?.trips.p99.map(Self.milliseconds),
            loss: node?.trips.loss, handshake: seconds(node?.handshake), received: node?.counters.receivedBytes ?? 0,
            sent: node?.counters.sentBytes ?? 0, chosen: tunnel.inUse ? node?.chosen : nil,
            changed: tunnel.inUse ? seconds(node?.changed) : nil, peer: node?.peer, peers: node?.peers,
            peerHandshakes: node?.handshakes.map(seconds) ?? [], test: test)
    }

    /// Microseconds in milliseconds, to a hundredth.
    private static func milliseconds(_ microseconds: Int64) -> Double { Double((microseconds + 5) / 10) / 100 }
}
