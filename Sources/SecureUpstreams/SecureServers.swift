// SPDX-License-Identifier: MIT
import NIOCore
import Policy
import Wire

/// Every encrypted server that was asked, each on its path. Lives on one event loop.
final class SecureServers {
    private let loop: any EventLoop
    private let report: @Sendable (SecureEvent) -> Void
    private var contexts: TLSContexts
    private var servers: [Ask: SecureServer] = [:]
    /// Whom each question is with.
    private var places: [UInt64: Ask] = [:]

    init(loop: any EventLoop, roots: String?, report: @escaping @Sendable (SecureEvent) -> Void) {
        self.loop = loop
        self.report = report
        contexts = TLSContexts(roots: roots)
    }

    func ask(_ question: Question, _ ask: Ask) {
        places[question.number] = ask
        server(ask).ask(question)
    }

    func close(_ number: UInt64) {
        guard let ask = places.removeValue(forKey: number) else { return }
        servers[ask]?.close(number)
    }

    func leave(_ paths: [Path], _ nodes: Set<Node>) {
        for (ask, server) in servers where ask.isOn(paths, nodes) {
            servers[ask] = nil
            server.leave(.moved)
        }
    }

    func trust(_ roots: String?) {
        contexts = TLSContexts(roots: roots)
        leave(Path.allCases, Set(Node.first(Node.most)))
    }

    private func server(_ ask: Ask) -> SecureServer {
        if let server = servers[ask] { return server }
        let server = SecureServer(ask, on: loop, contexts) { [unowned self] event in tell(event) }
        servers[ask] = server
        return server
    }

    private func tell(_ event: SecureEvent) {
        switch event {
        case .reply(let number, _), .lost(let number, _):
            // Closed meanwhile: nobody wants to hear of it.
            guard places.removeValue(forKey: number) != nil else { return }
        case .trouble: break
        }
        report(event)
    }
}

extension ExtendedError {
    fileprivate static let moved = ExtendedError(noReachableAuthority, "the way to the server changed while it was asked")
}
