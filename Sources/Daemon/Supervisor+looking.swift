// SPDX-License-Identifier: MIT
import Configuration
import Policy
import Tunnels
import Wire

/// What those who look are told of the nodes.
extension Supervisor {
    /// Probes that `tunnels test` sends to each, and how long it waits for their answers, in milliseconds.
    private static let tests = 10
    private static let longestTest: Int64 = 5000

    var nodeReports: [Situation.NodeReport] {
        tunnels.enumerated().map { index, tunnel in
            Situation.NodeReport(
                condition: tunnel.health.condition, settled: tunnel.settled.condition, since: tunnel.settled.since,
                trips: tunnel.health.trips, latency: tunnel.health.latency,
                handshake: tunnel.handshake,
                counters: tunnel.counters, peer: tunnel.peers.map { $0.active + 1 },
                peers: tunnel.peers.flatMap { _ in tunnel.file?.peers.count },
                handshakes: tunnel.peers == nil ? [] : tunnel.handshakes, chosen: index == selection.inUse ? whyChosen : nil,
                changed: choice.changed,
                test: tunnel.health.measurement)
        }
    }

    /// Tells the worker, if there is anything new.
    func tellOfNodes() {
        let reports = nodeReports
        guard reports != toldOfNodes else { return }
        toldOfNodes = reports
        worker.post(.reports(reports))
    }

    /// Measures all nodes for somebody, who is answered when that is over.
    func test(for connection: UInt64) {
        let now = Instant.now
        guard wish == .up else {
            worker.post(.answer(connection: connection, ControlReply(error: "disconnected on purpose: sluice up")))
            return
        }
        if testers.isEmpty { for index in tunnels.indices { tunnels[index].measure(Self.tests, at: now) } }
        testers.append(connection)
        testDue = now + Self.longestTest
    }

    /// Answers those who wait for a test, when it is over.
    func endTest(at now: Instant) {
        guard !testers.isEmpty, now >= testDue || tunnels.allSatisfy({ !$0.isUp || $0.health.measurement != nil }) else { return }
        tellOfNodes()
        for connection in testers { worker.post(.answer(connection: connection, ControlReply(state: selection.state.rawValue))) }
        testers = []
    }
}
