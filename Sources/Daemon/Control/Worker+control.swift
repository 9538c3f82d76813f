// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Policy
import Resolving
import Steering
import Tunnels
import Wire

extension Worker {
    func acceptControl() {
        while let connection = control.accept() {
            // One who is full of them waits for those that say nothing to be closed.
            guard controls.count < Self.mostControls else { continue }
            let number = connectionNumber()
            controls[number] = connection
            poller.add(connection.fd, token: Token(.controlConnection, number).raw)
        }
    }

    func serveControl(_ number: UInt64) {
        guard let connection = controls[number] else { return }
        switch connection.receive() {
        case .nothingYet: break
        case .over:
            controls[number] = nil
            queries[number] = nil
            watchers.remove(number)
        case .request(let request):
            guard request.verb.isForAll || connection.isAllowed(group: group) else {
                let who = group.isEmpty ? "root" : "root and the group '\(group)'"
                return end(number, ControlReply(error: "\(request.verb.rawValue) is for \(who)"))
            }
            // One request a connection: of one who listens only the end is still read.
            if request.verb != .monitor { poller.remove(connection.fd) }
            switch request.verb {
            case .status: end(number, ControlReply(status: status()))
            case .reload: supervisor.post(.reload(connection: number))
            case .up: supervisor.post(.wish(.up, connection: number))
            case .down: supervisor.post(.wish(.down, connection: number))
            case .test: supervisor.post(.test(connection: number))
            case .exec: join(number, connection, request)
            case .monitor:
                watchers.insert(number)
                connection.send(ControlReply(happening: Happening(.monitor, "state \(resolver.snapshot.circumstances.state.rawValue)")))
                // What stands already: it happened before anybody listened.
                for happening in nodesNow { connection.send(ControlReply(happening: happening)) }
                if let error = situation.rules.rejected.first {
                    connection.send(ControlReply(happening: Happening(.reload, "not reloaded: \(error)")))
                }
                for list in situation.rules.lists {
                    guard let kept = list.kept else { continue }
                    connection.send(
                        ControlReply(happening: Happening(.list, "\(list.file): not taken: \(kept); its last good version is in force")))
                }
            case .query: ask(number, connection, request)
            case .leases, .conflicts, .rules, .why: look(number, connection, request)
            case .names: end(number, ControlReply { $0.names = namesAskedLately })
            case .flush: end(number, flush(request))
            }
        }
    }

    func end(_ number: UInt64, _ reply: ControlReply) {
        controls.removeValue(forKey: number)?.send(reply)
    }

    /// Puts a process into the class it asks for: the asker's own, or another that it may move.
    private func join(_ number: UInt64, _ connection: ControlConnection, _ request: ControlRequest) {
        guard let app = request.app.flatMap({ App(rawValue: $0) }), let peer = connection.peer else {
            return end(number, ControlReply(error: "'\(request.app ?? "")' is no class of apps"))
        }
        supervisor.post(.join(app, pid: request.pid ?? peer.pid, by: peer, connection: number))
    }

    /// Tells those who listen. One who does not read is left.
    func tell(_ happening: Happening) {
        for number in watchers where controls[number]?.send(ControlReply(happening: happening)) != true {
            controls[number] = nil
            watchers.remove(number)
        }
    }

    private func ask(_ number: UInt64, _ connection: ControlConnection, _ request: ControlRequest) {
        guard let name = request.name.flatMap({ Name($0) }) else {
            connection.send(ControlReply(error: "'\(request.name ?? "")' is not a domain name"))
            controls[number] = nil
            return
        }
        let question = Question(name: name, type: RecordType(rawValue: request.type ?? RecordType.a.rawValue))
        let query = Query(asking: question)
        queries[number] = query
        resolver.receive(query, from: Client(token: Token(.controlConnection, number).raw, transport: .tcp), at: .now)
    }

    /// The reply to a question that `query` asked.
    func answerQuery(_ number: UInt64, _ reply: [UInt8], _ source: Source) {
        guard let query = queries.removeValue(forKey: number), let connection = controls.removeValue(forKey: number) else { return }
        let decision = resolver.decide(query.question, app: .normal)
        let (ask, cached): (Ask?, Bool) =
            switch source {
            case .here: (nil, false)
            case .cache(let ask): (ask, true)
            case .server(let ask): (ask, false)
            }
        let addresses = Judged(reply.span, to: query, id: query.id).addresses
        let now = Instant.now
        let leases = addresses.flatMap { resolver.ledger.leases(of: $0) }.map { lease in
            let names = lease.owners.map(\.owner.name)
            let own = names.contains(query.question.name) ? query.question.name : names.first
            let others = names.filter { $0 != own }
            return QueryReport.Lease(
                address: "\(lease.address)", route: lease.route.rawValue, name: own.map { "\($0)" } ?? "",
                others: others.prefix(3).map { "\($0)" }, othersCount: others.count,
                seconds: max(0, lease.until - now) / 1000)
        }
        connection.send(
            ControlReply(
                query: QueryReport(
                    message: reply, path: ask?.path.rawValue ?? decision.outcome.word, server: ask.map { "\($0.server)" }, cached: cached,
                    leases: leases)))
    }
}

extension Judged {
    fileprivate var addresses: [IPAddress] {
        switch self {
        case .answer(let answer): answer.addresses
        case .truncated, .failed, .foreign, .badCookie, .doubtful: []
        }
    }
}
