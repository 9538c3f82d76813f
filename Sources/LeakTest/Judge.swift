// SPDX-License-Identifier: MIT
internal import Wire

/// Compares where packets were seen with where they must be. Pure: all it knows was handed to it.
struct Judge {
    let plan: LeakPlan
    let questions: [Question]
    let leftOut: [LeakReport.LeftOut]
    /// By the question's number.
    let outcomes: [Int: Outcome]
    let sightings: [Sighting: Int]
    /// Packets of this run that belong to no question.
    let unplaced: Int
    let lost: Int
    let interfaces: [Link]
    let duration: Duration

    /// Questions by the control or cell they belong to.
    private var owners: [Question.Owner: [Int]] { Dictionary(grouping: questions.indices) { questions[$0].owner } }

    var report: LeakReport {
        let seen = Dictionary(grouping: sightings) { $0.key.question }
        let cells = plan.cells.indices.compactMap { cell($0, seen) }
        let controls = plan.controls.indices.map { control($0, seen) }
        // A number nobody was given: a chance the token leaves open, or somebody plays with our names.
        let stray = sightings.filter { !questions.indices.contains($0.key.question) && $0.key.link.kind != .loopback }
        let reasons = reasons(cells, controls, strayed: unplaced + stray.values.reduce(0, +))
        let leaks = cells.contains { $0.verdict == .leak } || controls.contains { $0.verdict == .leak }
        return LeakReport(
            verdict: leaks ? .leak : reasons.isEmpty ? .clean : .inconclusive, reasons: reasons, cells: cells, control: controls,
            leftOut: leftOut, interfaces: interfaces, lost: lost,
            questions: questions.count - plan.controls.count,
            milliseconds: Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000))
    }

    private typealias Seen = [Int: [(key: Sighting, value: Int)]]

    private func control(_ index: Int, _ seen: Seen) -> ControlResult {
        let control = plan.controls[index]
        let numbers = numbers(of: .control(index))
        let packets = numbers.flatMap { seen[$0] ?? [] }
        let expected: Expectation = control.side == .tunnel ? .tunnel : .outside
        let fits = packets.map { fit($0.key, expected) }
        return ControlResult(
            server: control.server.description, side: control.side,
            verdict: fits.contains(.wrong) ? .leak : fits.contains(.right) ? .seen : .unseen,
            packets: byInterface(packets), leaks: leaks(packets) { fit($0, expected) }, situation: plan.situation,
            answer: numbers.first.flatMap { outcomes[$0] }.map(text) ?? "not sent")
    }

    /// Nil for a cell that was left out.
    private func cell(_ index: Int, _ seen: Seen) -> CellResult? {
        let cell = plan.cells[index]
        let numbers = numbers(of: .cell(index))
        guard !numbers.isEmpty else { return nil }
        let packets = numbers.flatMap { seen[$0] ?? [] }
        let answers = numbers.map { answer($0, seen[$0] ?? [], cell) }
        return CellResult(
            label: cell.label, expected: cell.expected, seen: place(packets.map(\.key), cell.expected),
            verdict: verdict(packets, answers, cell), packets: byInterface(packets), leaks: leaks(packets) { fit($0, cell) },
            answers: answers, situation: plan.situation, coordinates: cell.coordinates, comparedBy: cell.comparedBy,
            servers: cell.servers.map(\.description).sorted())
    }

    private func verdict(_ packets: [(key: Sighting, value: Int)], _ answers: [CellResult.Answer], _ cell: Cell) -> CellResult.Verdict {
        let fits = packets.map { fit($0.key, cell) }
        if fits.contains(.wrong) { return .leak }
        if fits.contains(.unclear) { return .unclear }
        switch cell.place {
        case .address: break
        case .below, .exactly, .reverse:
            if cell.mustBeAnswered, answers.contains(where: { $0.rcode == nil && !$0.seen }) { return .unanswered }
        }
        switch cell.expected {
        case .nothing, .notOutside: break
        // One is enough where not every question must be seen: AAAA of a tunnel without IPv6 is answered here, and its silence is right.
        case .tunnel, .outside, .lan:
            let right = zip(packets, fits).reduce(0) { $1.1 == .right ? $0 + $1.0.value : $0 }
            guard right >= plan.leastPackets, !cell.everyQuestion || answers.allSatisfy(\.seen) else { return .silent }
        }
        let isAsTold = cell.rcodes.isEmpty || answers.allSatisfy { $0.rcode.map(cell.rcodes.contains) ?? true }
        return isAsTold ? .clean : .misanswered
    }

    private func answer(_ number: Int, _ seen: [(key: Sighting, value: Int)], _ cell: Cell) -> CellResult.Answer {
        let question = questions[number]
        let outcome = outcomes[number] ?? .silent
        let rcode: String? = if case .answered(let rcode) = outcome { rcode } else { nil }
        return CellResult.Answer(
            name: question.name, type: question.kind.description, transport: question.transport, rcode: rcode,
            failure: rcode == nil ? text(outcome) : nil, seen: seen.contains { fit($0.key, cell) == .right })
    }

    private func numbers(of owner: Question.Owner) -> [Int] { owners[owner] ?? [] }

    private func text(_ outcome: Outcome) -> String {
        switch outcome {
        case .answered(let rcode): rcode
        case .connected: "connected"
        case .silent: "no answer"
        case .failed(let errno): LeakError.text(of: errno)
        }
    }
}
