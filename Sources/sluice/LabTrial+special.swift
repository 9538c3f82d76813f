// SPDX-License-Identifier: MIT
import Glibc
import LeakTest
import Wire

/// The special situations: what goes wrong upstream, in the cache, in the daemon.
extension LabTrial {
    func special() {
        upstreams()
        warmCaches()
        reloads()
        blackHole()
        death()
    }

    private static let rules: [(Matrix.Rule, Expectation)] = [(.tunnel, .tunnel), (.direct, .outside), (.lan, .lan)]

    /// A cell of one rule in the setting Default, connected unless told otherwise.
    private func cell(
        _ rule: Matrix.Rule, _ expected: Expectation, below prefix: String = "", _ what: String, types: [QueryType] = [.a],
        rcodes: Set<String> = [], state: Matrix.State = .connected
    ) -> Cell {
        var coordinates = Matrix.Coordinates(.special, state)
        coordinates.rule = rule
        coordinates.setting = .standard
        return Cell(
            label: "\(what), \(rule == .none ? "no rule" : rule.rawValue + " rule")",
            place: .below(prefix + LeakPlan.places(of: rule).suffix),
            Matrix.Expected(expectation: expected, rcodes: rcodes), coordinates, types: types)
    }

    /// Answers too big for UDP, errors, and chains into another rule: the lookup stays on its path.
    private func upstreams() {
        let variant = LabVariant(setting: .standard)
        var cells: [Cell] = []
        for (rule, expected) in Self.rules {
            cells.append(cell(rule, expected, below: "truncated.", "truncated, asked again by TCP", types: [.txt], rcodes: ["NOERROR"]))
            let failing: Set = ["SERVFAIL", "REFUSED"]
            cells.append(cell(rule, expected, below: "servfail.", "SERVFAIL upstream", types: [.a, .aaaa], rcodes: failing))
            cells.append(cell(rule, expected, below: "refused.", "REFUSED upstream", types: [.a, .aaaa], rcodes: failing))
            cells.append(cell(rule, expected, below: "nxdomain.", "NXDOMAIN upstream", types: [.a, .aaaa], rcodes: ["NXDOMAIN"]))
            cells.append(cell(rule, expected, below: "crossing.", "CNAME into another rule", types: [.a, .aaaa], rcodes: ["NOERROR"]))
        }
        attempt(LeakPlan(.connected, variant, cells), .connected, variant, name: "upstreams")
    }

    /// The same names on one path and then on another: the second question must not be answered by the first one's cache.
    private func warmCaches() {
        guard isWanted("warm cache"), let seed = try? LeakRun.Seed() else { return }
        let (standard, system) = (LabVariant(setting: .standard), LabVariant(setting: .system))
        func plan(_ state: Matrix.State, _ variant: LabVariant, _ none: Expectation, _ tunnel: Expectation, _ what: String) -> LeakPlan {
            LeakPlan(
                state, variant,
                [
                    cell(.none, none, what, types: [.a, .aaaa], rcodes: ["NOERROR"], state: state),
                    cell(.tunnel, tunnel, what, types: [.a, .aaaa], rcodes: tunnel == .nothing ? ["SERVFAIL"] : ["NOERROR"], state: state),
                ])
        }
        let name = "warm cache"
        attempt(plan(.connected, system, .outside, .tunnel, "first"), .connected, system, name: name, seed: seed)
        // The tunnel rule's names are in the tunnel's cache already, and nothing of them need be seen.
        var second = plan(.connected, standard, .tunnel, .notOutside, "cached outside")
        second.cells[1].mustBeAnswered = true
        attempt(second, .connected, standard, name: name, seed: seed)
        attempt(plan(.error, standard, .nothing, .nothing, "cached in the tunnel").refusing(), .error, standard, name: name, seed: seed)
        if let seed = try? LeakRun.Seed() {
            let mobile = LabVariant(setting: .standard, profile: .mobile)
            var outside = plan(.connected, mobile, .outside, .outside, "asked by an excluded app")
            for index in outside.cells.indices { outside.cells[index].app = .excluded }
            attempt(outside, .connected, mobile, name: name, seed: seed)
            attempt(
                plan(.connected, mobile, .tunnel, .tunnel, "asked by an excluded app before"), .connected, mobile, name: name, seed: seed)
        }
    }

    /// The configuration changes to and fro while questions are asked.
    private func reloads() {
        guard isWanted("reloads") else { return }
        let variant = LabVariant(setting: .standard)
        do {
            try enter(.connected)
            try stage.write(LabVariant(setting: .system, profile: .mobile).configuration(in: LabStage.folder), to: "other.toml")
            try stage.write(variant.configuration(in: LabStage.folder), to: "one.toml")
            let folder = LabStage.folder
            let flip = stage.verb("reload").joined(separator: " ")
            let loop = try LabChild(
                [
                    "/bin/sh", "-c",
                    "while :; do for file in other one; do cp \(folder)/$file.toml \(LabStage.configuration); \(flip); done; done",
                ], output: LabStage.log)
            defer { loop.kill() }
            for _ in 0..<5 {
                let cells = [
                    cell(.tunnel, .tunnel, "reloads", types: [.a, .aaaa, .https, .txt]),
                    cell(.direct, .outside, "reloads", types: [.a, .aaaa, .https, .txt]),
                    cell(.lan, .lan, "reloads", types: [.a, .aaaa, .https, .txt]),
                    cell(.block, .nothing, "reloads", types: [.a, .aaaa, .https, .txt], rcodes: ["NXDOMAIN"]),
                ]
                judge(LeakPlan(.connected, variant, cells), name: "reloads")
            }
        } catch { fails("reloads: \(error)") }
    }

    /// The device is up and nothing comes back.
    private func blackHole() {
        guard isWanted("black hole") else { return }
        let variant = LabVariant(setting: .standard)
        do {
            try enter(.connected)
            try stage.reload(variant)
            try stage.setRelay(silent: true)
            var pace = Pace.full
            pace.answer = .seconds(7)
            var cells = [Matrix.Rule.none, .tunnel].map { rule in
                cell(rule, .notOutside, "black hole", types: [.a, .aaaa, .https], rcodes: ["SERVFAIL"])
            }
            cells += [cell(.direct, .outside, "black hole", types: [.a, .aaaa]), cell(.lan, .lan, "black hole", types: [.a, .aaaa])]
            var plan = LeakPlan(.connected, variant, cells)
            plan.controls.removeLast()
            judge(plan, name: "black hole", pace: pace)
            try stage.setRelay(silent: false)
        } catch { fails("black hole: \(error)") }
    }

    /// SIGKILL: for as long as the daemon is dead, with and without the device, nothing of the tunnel leaves outside. Then it is back.
    private func death() {
        guard isWanted("killed") else { return }
        let variant = LabVariant(setting: .standard, routing: .tunnel)
        do {
            try enter(.connected)
            try stage.reload(variant)
            stage.killDaemon()
            judge(dead(variant), name: "killed", pace: .knocking)
            stage.removeDevice()
            var plan = dead(variant)
            plan.controls.removeLast()
            judge(plan, name: "killed, device gone", pace: .knocking)
            try stage.startDaemon()
            try stage.wait(10, "no tunnel after the daemon was killed") { stage.state == .connected }
            // Two seconds are allowed until all is as before (issue 3): half of one is taken.
            usleep(500_000)
            attempt(.lookups(.connected, variant), .connected, variant, name: "after being killed")
        } catch { fails("killed: \(error)") }
    }

    /// The plan of a dead daemon: names are not answered, and what was for the tunnel stays away from every other link.
    private func dead(_ variant: LabVariant) -> LeakPlan {
        var cells = LeakPlan.traffic(.connected, variant).cells
        for index in cells.indices {
            if cells[index].expected == .tunnel { cells[index].expected = .notOutside }
            cells[index].coordinates?.kind = .special
            // Nobody renews the timeouts of these sets; what is over goes the safe way.
            if cells[index].coordinates?.target == .direct || cells[index].coordinates?.target == .lan {
                cells[index].everyQuestion = false
            }
        }
        var names = [Matrix.Rule.none, .tunnel].map { cell($0, .nothing, "killed", types: [.a, .aaaa, .https]) }
        for index in names.indices { names[index].mustBeAnswered = false }
        return LeakPlan(.connected, variant, cells + names + LeakPlan.ownDNS(.connected, variant).cells)
    }
}

extension LeakPlan {
    /// Every answer must be a refusal.
    fileprivate func refusing() -> LeakPlan {
        var plan = self
        for index in plan.cells.indices { plan.cells[index].rcodes = ["SERVFAIL"] }
        return plan
    }
}
