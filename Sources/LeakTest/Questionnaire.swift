// SPDX-License-Identifier: MIT
internal import Wire

/// All questions of a plan, with their random names, and the cells that cannot be asked.
struct Questionnaire {
    private(set) var questions: [Question] = []
    private(set) var leftOut: [LeakReport.LeftOut] = []
    private let token: RunToken
    /// Where the ports of knocks by TCP begin; nobody listens there, and no two knocks have the same.
    private let firstPort: UInt16
    private static let portRange: UInt16 = 20_000

    /// Draws random names and ids for the whole plan: a control has one question, a cell one for each of its types and transports.
    init(_ plan: LeakPlan, token: RunToken) throws(LeakError) {
        self.token = token
        firstPort = 20_000 + (try Self.word()) % Self.portRange
        for (index, control) in plan.controls.enumerated() {
            let label = try nextLabel()
            // A zone that no resolver has to know: RFC 6761 section 6.5 keeps example.com for such use. The answer does not matter.
            var question = try question(.control(index), "\(label).example.com", .a, .udp, control.server)
            question?.mark = control.mark
            guard let question else { throw .plan("no query can be built for \(label).example.com") }
            questions.append(question)
        }
        for (index, cell) in plan.cells.enumerated() {
            if let reason = try add(cell, index, plan) {
                leftOut.append(LeakReport.LeftOut(label: cell.label, reason: reason, situation: plan.situation))
            }
        }
    }

    /// The reason why the cell cannot be asked, or nil.
    private mutating func add(_ cell: Cell, _ index: Int, _ plan: LeakPlan) throws(LeakError) -> String? {
        if cell.app != .normal, plan.groups?.has(cell.app) != true {
            return plan.groups.map { "there is no control group \($0.folder(of: cell.app))" } ?? "there is no cgroup2 hierarchy"
        }
        switch cell.place {
        case .exactly: return "exactly one name: no random label can mark its packets"
        case .address(let address):
            for transport in cell.transports { questions.append(try knock(index, address, transport, cell.app)) }
            return cell.transports.isEmpty ? "no transport to knock with" : nil
        case .below, .reverse: break
        }
        guard !cell.types.isEmpty, !cell.transports.isEmpty else { return "no type or no transport to ask with" }
        for type in cell.types {
            for transport in cell.transports {
                guard let name = try name(in: cell.place) else { return "no random address in \(cell.place)" }
                var question = try question(.cell(index), name, type, transport, cell.asked ?? plan.listener)
                question?.app = cell.app
                guard let question else { return "no name can be built with a random label before \(cell.place)" }
                questions.append(question)
            }
        }
        return nil
    }

    private func name(in place: Cell.Place) throws(LeakError) -> String? {
        let label = try nextLabel()
        switch place {
        case .below(let suffix):
            let zone = suffix.hasSuffix(".") ? suffix.dropLast() : suffix[...]
            return zone.isEmpty ? label : label + "." + zone
        case .reverse(let network): return token.reverseName(questions.count, in: network)
        case .exactly, .address: return nil
        }
    }

    private func nextLabel() throws(LeakError) -> String {
        guard let label = token.label(questions.count) else { throw .plan("more than \(RunToken.capacity) questions in one run") }
        return label
    }

    private func question(
        _ owner: Question.Owner, _ name: String, _ type: QueryType, _ transport: Transport, _ server: ServerAddress
    ) throws(LeakError) -> Question? {
        let id = try Self.word()
        guard let message = DNSMessage.query(name: name, type: type, id: id) else { return nil }
        return Question(owner: owner, name: name, kind: .dns(type, id: id), transport: transport, server: server, message: message)
    }

    private func knock(_ cell: Int, _ address: IPAddress, _ transport: Transport, _ app: Matrix.App) throws(LeakError) -> Question {
        let label = try nextLabel()
        let port = firstPort + UInt16(truncatingIfNeeded: questions.count) % Self.portRange
        return Question(
            owner: .cell(cell), name: "\(address)", kind: .knock, transport: transport, server: ServerAddress(address, port: port),
            app: app,
            message: transport == .udp ? Array(label.utf8) : [])
    }

    private static func word() throws(LeakError) -> UInt16 { try Randomness.bytes(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) } }
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

    /// Apps of one class after those of another, so that few changes of the group are needed.
    func cells(of app: Matrix.App) -> [Int] {
        questions.indices.filter {
            switch questions[$0].owner {
            case .control: false
            case .cell: questions[$0].app == app
            }
        }
    }
}
