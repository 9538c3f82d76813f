// SPDX-License-Identifier: MIT
import LeakTest

/// A full leak test in the lab: brings every situation about, asks, and judges.
final class LabTrial {
    let stage: LabStage
    /// Only situations whose name contains this are tried; empty: all.
    private let only: String
    private let told: (String) -> Void
    private(set) var reports: [LeakReport] = []
    private var failures: [String] = []
    private var leftOut: [LeakReport.LeftOut] = []
    /// States that could not be brought about, and why: they are not waited for again.
    private var unreachable: [Matrix.State: String] = [:]
    private let start = ContinuousClock.now

    /// - Parameter told: hears what is being tried.
    init(only: String, told: @escaping (String) -> Void) throws {
        self.only = only
        self.told = told
        stage = try LabStage(LabVariant(setting: .system))
    }

    /// States in the order in which each follows from the one before.
    private static let states: [Matrix.State] = [.connected, .disconnecting, .disconnected, .connecting, .error]

    func run() -> LeakReport {
        defer { stage.close() }
        learn()
        for state in Self.states {
            for variant in LabVariant.lookups { attempt(.lookups(state, variant), state, variant) }
            if state == .disconnected {
                let variant = LabVariant(setting: .standard, fallsToSystem: true)
                attempt(.lookups(state, variant), state, variant)
                attempt(.traffic(state, variant), state, variant, name: "traffic", pace: .knocking)
            }
            for variant in LabVariant.traffic { attempt(.traffic(state, variant), state, variant, name: "traffic", pace: .knocking) }
            let variant = LabVariant(setting: .standard)
            attempt(.ownDNS(state, variant), state, variant, name: "own DNS", pace: .knocking)
        }
        special()
        let taken = start.duration(to: .now).components
        return LeakReport.merged(
            reports, failures: failures, leftOut: leftOut,
            milliseconds: Int(taken.seconds) * 1000 + Int(taken.attoseconds / 1_000_000_000_000_000))
    }

    /// Addresses of every kind of rule, owed from here on through all states.
    private func learn() {
        // Lookups need none of them.
        guard !only.hasPrefix("lookups"), !only.hasPrefix("own DNS") else { return }
        do {
            try enter(.connected)
            for type in [QueryType.a, .aaaa] {
                for name in ["leased.corp.example", "intranet.corp.example", "leased.film.video.example", "leased.nas.home"] {
                    stage.learn(name, type)
                }
            }
        } catch { failures.append("nothing could be learned: \(error)") }
    }

    /// Tries one situation, again where the state did not last until the end.
    func attempt(
        _ plan: LeakPlan, _ state: Matrix.State, _ variant: LabVariant, name: String = "lookups", pace: Pace = .full,
        seed: LeakRun.Seed? = nil
    ) {
        var plan = plan
        plan.situation = "\(name): \(plan.situation)"
        guard only.isEmpty || plan.situation.contains(only) else { return }
        if let why = unreachable[state] { return leftOut.append(LeakReport.LeftOut(label: plan.situation, reason: why)) }
        var failure = ""
        for _ in 0..<3 {
            do {
                try enter(state)
                try stage.reload(variant)
                let report = try LeakRun(plan, pace: pace, seed: seed).run()
                guard stage.state == state else {
                    failure = "the tunnel did not stay \(state.rawValue), it is \(stage.state?.rawValue ?? "silent")"
                    continue
                }
                told("\(plan.situation): \(report.verdict.rawValue)")
                return reports.append(report)
            } catch { failure = "\(error)" }
        }
        told("\(plan.situation): \(failure)")
        failures.append("\(plan.situation): \(failure)")
    }

    func enter(_ state: Matrix.State) throws {
        if let why = unreachable[state] { throw LabChild.Failure(description: why) }
        do { try stage.enter(state) } catch {
            unreachable[state] = "\(error)"
            throw error
        }
    }

    /// Judges what is there now, without asking the daemon for anything.
    func judge(_ plan: LeakPlan, name: String, pace: Pace = .full, seed: LeakRun.Seed? = nil) {
        var plan = plan
        plan.situation = "\(name): \(plan.situation)"
        do {
            let report = try LeakRun(plan, pace: pace, seed: seed).run()
            told("\(plan.situation): \(report.verdict.rawValue)")
            reports.append(report)
        } catch { failures.append("\(plan.situation): \(error)") }
    }

    func fails(_ why: String) { failures.append(why) }

    func isWanted(_ name: String) -> Bool { only.isEmpty || name.contains(only) || only.contains(name) }
}

extension Pace {
    /// Many questions at once; the lab answers within milliseconds.
    static let full = {
        var pace = Pace()
        pace.inFlight = 128
        pace.settling = .milliseconds(250)
        return pace
    }()

    /// For packets that nobody need answer.
    static let knocking = {
        var pace = Pace.full
        pace.answer = .milliseconds(250)
        return pace
    }()
}
