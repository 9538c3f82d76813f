// SPDX-License-Identifier: MIT
import Glibc
internal import Wire

/// A leak test: asks random names of every cell while it watches every interface, and judges where their packets left.
///
/// It shares no parser, no matcher and no policy with the daemon: names come from its plan, packets are its only witness, libldns reads them.
/// It sees this network namespace. What is encrypted before it leaves (DNS over TLS, the outside of a tunnel) carries no name to be found.
package struct LeakRun {
    private let plan: LeakPlan
    private let pace: Pace
    private let seed: Seed?

    /// What the names of a run are made of. Two runs of one plan with the same seed ask the same names.
    package struct Seed: Sendable {
        let bytes: [UInt8]

        package init() throws(LeakError) { bytes = try Randomness.bytes(RunToken.randomLength) }
    }

    /// - Parameter seed: nil draws a new one.
    package init(_ plan: LeakPlan, pace: Pace = .quick, seed: Seed? = nil) {
        self.plan = plan
        self.pace = pace
        self.seed = seed
    }

    /// Runs on the calling thread until the report is there: for a plan of ten cells under 5 s when the upstreams answer.
    ///
    /// - Throws: `.notPermitted` without root (CAP_NET_RAW, and CAP_NET_ADMIN for marks), `.plan` for servers that are not plain and for more
    ///   than 32,768 questions, `.system` when the kernel fails.
    package func run() throws(LeakError) -> LeakReport {
        for server in [plan.listener] + plan.controls.map(\.server) + plan.cells.compactMap(\.asked) {
            guard case .plain = server.scheme else { throw .plan("\(server) is not a plain server: its packets carry no name to be seen") }
        }
        let bytes = if let seed { seed.bytes } else { try Seed().bytes }
        guard let token = RunToken(random: bytes) else {
            throw .system(call: "randombytes_buf", errno: 0)
        }
        let start = ContinuousClock.now
        let list = try Questionnaire(plan, token: token)
        var watch = try Watch(token: token, tunnels: plan.tunnelLinks, receiveBuffer: pace.receiveBuffer)
        // The sockets of the controls stay open to the end: to an answer that comes after its socket the kernel replies with an ICMP error, unmarked,
        // and the name in it would be a leak of our own making.
        let controls = try control(list, &watch)
        defer { withExtendedLifetime(controls) {} }
        var outcomes = controls.reduce(into: [Int: Outcome]()) { $0[$1.number] = $1.outcome }
        try ask(of: list, &watch) { outcomes[$0.number] = $0.outcome }
        let lost = try watch.finish(at: .now + pace.settling)
        let judge = Judge(
            plan: plan, questions: list.questions, leftOut: list.leftOut, outcomes: outcomes, sightings: watch.sightings.counts,
            unplaced: watch.sightings.unplaced, lost: lost, interfaces: watch.sightings.links.all,
            duration: start.duration(to: .now))
        return judge.report
    }

    /// Sends the controls up to three times, those again that were not seen where they belong. The last exchange of each says how it ended.
    private func control(_ list: Questionnaire, _ watch: inout Watch) throws(LeakError) -> [Exchange] {
        var exchanges: [Exchange] = []
        for _ in 0..<3 {
            let sightings = watch.sightings
            let unseen = list.controls.filter { number in
                switch list.questions[number].owner {
                case .control(let index): !sightings.saw(number, on: plan.controls[index].side == .tunnel ? .tunnel : .outside)
                case .cell: false
                }
            }
            try ask(unseen, of: list, within: pace.control / 3, &watch) { exchanges.append($0) }
        }
        return exchanges
    }

    /// Asks the questions of all cells. Each class of app makes its sockets in its own group, and they are used from here.
    private func ask(of list: Questionnaire, _ watch: inout Watch, ended: (Exchange) -> Void) throws(LeakError) {
        for app in Matrix.App.allCases {
            var refused: [Int] = []
            try ask(list.cells(of: app), as: app, of: list, within: pace.answer, &watch) { exchange in
                if exchange.outcome == .failed(ECONNREFUSED), mustBeAnswered(list.questions[exchange.number]) {
                    refused.append(exchange.number)
                }
                ended(exchange)
            }
            // As every client does, once more and from another port: what a daemon that is gone had translated from this one may still stand.
            try ask(refused, as: app, of: list, within: pace.answer, &watch, ended: ended)
        }
    }

    private func mustBeAnswered(_ question: Question) -> Bool {
        switch (question.owner, question.kind) {
        case (.cell(let index), .dns): question.server == plan.listener && plan.cells[index].mustBeAnswered
        case (.cell, .knock), (.control, _): false
        }
    }

    /// Asks these questions, at most `inFlight` at a time, hands over each exchange when it has its outcome, and returns after the last.
    private func ask(
        _ numbers: [Int], as app: Matrix.App = .normal, of list: Questionnaire, within time: Duration, _ watch: inout Watch,
        ended: (Exchange) -> Void
    ) throws(LeakError) {
        var waiting = numbers[...]
        var open: [Exchange] = []
        while !waiting.isEmpty || !open.isEmpty {
            try inGroup(of: waiting.isEmpty || open.count >= pace.inFlight ? .normal : app) { () throws(LeakError) in
                while open.count < max(1, pace.inFlight), let number = waiting.popFirst() {
                    let exchange = try Exchange(list.questions[number], number: number, deadline: .now + time)
                    if let flow = exchange.flow { watch.expect(flow, of: number) }
                    open.append(exchange)
                }
            }
            if let deadline = open.lazy.filter({ $0.outcome == nil }).map(\.deadline).min() {
                var sockets = open.map(\.interest)
                try watch.wait(for: &sockets, until: deadline)
                for (exchange, socket) in zip(open, sockets) where socket.revents != 0 { exchange.advance() }
            }
            let now = ContinuousClock.now
            open.removeAll { exchange in
                exchange.expire(at: now)
                if exchange.outcome != nil { ended(exchange) }
                return exchange.outcome != nil
            }
        }
    }

    private func inGroup(of app: Matrix.App, _ work: () throws(LeakError) -> Void) throws(LeakError) {
        guard app != .normal, let groups = plan.groups else { return try work() }
        try groups.enter(app)
        do throws(LeakError) { try work() } catch {
            try groups.enter(.normal)
            throw error
        }
        try groups.enter(.normal)
    }
}
