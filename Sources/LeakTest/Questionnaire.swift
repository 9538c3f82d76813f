// SPDX-License-Identifier: MIT
internal import Wire

/// All questions of a plan, with their random names, and the cells that cannot be asked.
struct Questionnaire {
    private(set) var questions: [Question] = []
    private(set) var leftOut: [LeakReport.LeftOut] = []
    private let token: RunToken

    /// Draws random names and ids for the whole plan: a control has one question, a cell one for each of its types and transports.
    init(_ plan: LeakPlan, token: RunToken) throws(LeakError) {
        self.token = token
        for (index, control) in plan.controls.enumerated() {
            let label = try nextLabel()
            // A zone that no resolver has to know: RFC 6761 section 6.5 keeps example.com for such use. The answer does not matter.
            let question = try question(.control(index), "\(label).example.com", .a, .udp, control.server, control.mark)
            guard let question else { throw .plan("no query can be built for \(label).example.com") }
            questions.append(question)
        }
        for (index, cell) in plan.cells.enumerated() {
            if let reason = try add(cell, index, at: plan.listener) {
                leftOut.append(LeakReport.LeftOut(label: cell.label, reason: reason))
            }
        }
    }

    /// The reason why the cell cannot be asked, or nil.
    private mutating func add(_ cell: Cell, _ index: Int, at listener: ServerAddress) throws(LeakError) -> String? {
        guard case .below(let suffix) = cell.place else { return "exactly one name: no random label can mark its packets" }
        guard !cell.types.isEmpty, !cell.transports.isEmpty else { return "no type or no transport to ask with" }
        let zone = suffix.hasSuffix(".") ? suffix.dropLast() : suffix[...]
        for type in cell.types {
            for transport in cell.transports {
                let name = try zone.isEmpty ? nextLabel() : nextLabel() + "." + zone
                guard let question = try question(.cell(index), name, type, transport, listener, 0) else {
                    return "no name can be built with a random label before \(suffix)"
                }
                questions.append(question)
            }
        }
        return nil
    }

    private func nextLabel() throws(LeakError) -> String {
        guard let label = token.label(questions.count) else { throw .plan("more than \(RunToken.capacity) questions in one run") }
        return label
    }

    private func question(
        _ owner: Question.Owner, _ name: String, _ type: QueryType, _ transport: Transport, _ server: ServerAddress, _ mark: UInt32
    ) throws(LeakError) -> Question? {
        let id = try Randomness.bytes(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
        guard let message = DNSMessage.query(name: name, type: type, id: id) else { return nil }
        return Question(owner: owner, name: name, type: type, transport: transport, server: server, mark: mark, id: id, message: message)
    }
}

extension Questionnaire {
    var controls: [Int] {
        questions.indices.filter {
            switch questions[$0].owner {
            case .control: true
            case .cell: false
            }
        }
    }

    var cells: [Int] {
        questions.indices.filter {
            switch questions[$0].owner {
            case .control: false
            case .cell: true
            }
        }
    }
}
