// SPDX-License-Identifier: MIT
import Policy
import Tunnels
import Wire
import Workbench

/// One node as it is, and what the machines believe of it. A millisecond at a time.
struct NodeWorld {
    var health: NodeHealth
    var machine: TunnelMachine
    private let settings: NodeHealth.Settings
    private let start: Instant

    /// Milliseconds from a packet to what answers it, and how far that varies to either side; nil: nothing comes through.
    var roundTrip: Int64? = 1
    var jitter: Int64 = 0
    /// Lost out of a hundred, each way.
    var loss = 0
    enum Resolver: String { case well, dead, refuses }
    var resolver = Resolver.well
    /// Other packets, one every so many milliseconds, and whether they are answered.
    var traffic: Int64?
    var isAnswered = true
    /// What becomes of each probe, recorded elsewhere: microseconds, nil for lost; taken instead of the network above.
    var trace: ArraySlice<Int64?> = []

    private(set) var probes = 0
    private var received: UInt64 = 0
    private var sent: UInt64 = 0
    private var arriving: [(at: Int64, number: UInt64?, microseconds: Int64, isRefusal: Bool)] = []
    private var nextPacket: Int64 = 0

    init(_ settings: NodeHealth.Settings, start: Instant) {
        self.settings = settings
        self.start = start
        health = NodeHealth(settings, at: start)
        machine = TunnelMachine(at: start)
    }

    var node: NodeChoice.Node {
        NodeChoice.Node(state: machine.state, condition: health.condition, latency: health.latency, steadySince: health.steadySince)
    }

    /// When something happens next, in milliseconds; also what was changed from outside.
    private(set) var next: Int64 = 0

    /// - Parameter isAwake: whether we run; the network does in any case.
    mutating func pass(_ time: Int64, isAwake: Bool, _ random: inout SeededRandom) {
        if let traffic, time >= nextPacket {
            nextPacket = time + traffic
            sent += 1
            if isAnswered { answer(nil, at: time, &random) }
        }
        guard isAwake else { return }
        let now = start + time
        for arrival in arriving where arrival.at <= time {
            received += 1
            guard let number = arrival.number else { continue }
            if arrival.isRefusal {
                health.refused(number, at: now)
            } else {
                health.answered(number, after: arrival.microseconds, at: now)
            }
        }
        arriving.removeAll { $0.at <= time }
        if now >= health.nextCount { health.counted(received: received, sent: sent, at: now) }
        if now >= health.due, let number = health.tick(at: now, random: UInt16.random(in: 0 ... .max, using: &random)) {
            probes += 1
            sent += 1
            answer(number, at: time, &random)
        }
        _ = machine.observe(.init(isUp: true, condition: health.condition), at: now)
        let dues = [health.due - start, health.nextCount - start, traffic == nil ? .max : nextPacket] + arriving.map(\.at)
        // The machine's own patience is looked at now and then.
        next = min(dues.min() ?? .max, time + 50)
    }

    private mutating func answer(_ number: UInt64?, at time: Int64, _ random: inout SeededRandom) {
        if number != nil, let recorded = trace.popFirst() {
            if let recorded { arriving.append((time + recorded / 1000, number, recorded, false)) }
            return
        }
        guard let roundTrip, Int.random(in: 0..<100, using: &random) >= loss, Int.random(in: 0..<100, using: &random) >= loss else {
            return
        }
        if number != nil, resolver == .dead { return }
        let takes = max(0, roundTrip + (jitter == 0 ? 0 : Int64.random(in: -jitter...jitter, using: &random)))
        arriving.append((time + takes, number, takes * 1000 + 200, resolver == .refuses))
    }
}
