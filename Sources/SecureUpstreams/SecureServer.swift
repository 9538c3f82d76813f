// SPDX-License-Identifier: MIT
import NIOCore
import Policy
import Wire

/// One encrypted server on one path: a connection at a time, which all questions share, and how long it is left alone after bad news.
final class SecureServer {
    let ask: Ask
    let loop: any EventLoop
    private let contexts: TLSContexts
    private let report: (SecureEvent) -> Void
    /// The one that new questions take.
    private var connection: SecureConnection?
    /// Those that end when what was asked on them is answered.
    private var leaving: [SecureConnection] = []
    /// What waits for the handshake.
    private var waiting: [Question] = []
    private var backOff = BackOff()
    private var word = Word()

    init(_ ask: Ask, on loop: any EventLoop, _ contexts: TLSContexts, report: @escaping (SecureEvent) -> Void) {
        self.ask = ask
        self.loop = loop
        self.contexts = contexts
        self.report = report
    }

    func ask(_ question: Question) {
        if let error = backOff.reason(at: .now()) { return lose(question, error) }
        if let connection, connection.isReady {
            connection.send(question)
        } else {
            waiting.append(question)
            if connection == nil { connection = SecureConnection(self, contexts) }
        }
    }

    func close(_ number: UInt64) {
        if let place = waiting.firstIndex(where: { $0.number == number }) {
            waiting.remove(at: place)
            return
        }
        connection?.forget(number)
        for connection in leaving { connection.forget(number) }
    }

    /// Ends everything at once.
    func leave(_ error: ExtendedError) {
        let former = (connection.map { [$0] } ?? []) + leaving
        let left = waiting + former.flatMap { $0.abandon() }
        connection = nil
        leaving = []
        waiting = []
        for question in left { report(.lost(question.number, error)) }
    }

    private func lose(_ question: Question, _ error: ExtendedError) {
        report(.lost(question.number, ExtendedError(error.code, "\(ask.server): \(error.text)")))
    }

    private func complain(_ error: ExtendedError) {
        if word.isNews(error, at: .now()) { report(.trouble(ask, error)) }
    }
}

/// What a connection tells.
extension SecureServer {
    func opened(_ connection: SecureConnection) {
        let questions = waiting
        waiting = []
        for question in questions { connection.send(question) }
    }

    func answered(_ question: Question, _ message: [UInt8]) {
        backOff.succeeded()
        if word.isRelief(at: .now()) { report(.trouble(ask, nil)) }
        report(.reply(question.number, message.with(id: question.id)))
    }

    /// The server said something to this question that is no answer. The next question takes a new connection.
    func failed(_ connection: SecureConnection, _ question: Question?, _ error: ExtendedError) {
        retire(connection)
        backOff.failed(error, at: .now())
        complain(error)
        if let question { lose(question, error) }
    }

    /// No more questions on this one: it ends when those on it are answered.
    func retire(_ connection: SecureConnection) {
        guard self.connection === connection else { return }
        self.connection = nil
        leaving.append(connection)
    }

    func isLeaving(_ connection: SecureConnection) -> Bool { leaving.contains { $0 === connection } }

    /// The server takes no more on this connection, and has not dealt with these; one that answered nothing at all is no server to come back to at once.
    func dismissed(_ connection: SecureConnection, _ questions: [Question], _ error: ExtendedError) {
        retire(connection)
        if !connection.hasAnswered {
            backOff.failed(error, at: .now())
            complain(error)
        }
        returned(questions, error)
    }

    /// Not dealt with, for no fault of theirs.
    func returned(_ questions: [Question], _ error: ExtendedError) {
        for question in questions {
            if question.mayGoAgain { ask(question) } else { lose(question, error) }
        }
    }

    /// A connection is no more.
    /// - Parameters:
    ///   - left: what was asked on it and not answered.
    ///   - error: why; nil: the server closed it, or we did.
    func ended(_ connection: SecureConnection, _ left: [Question], _ error: ExtendedError?) {
        let wasCurrent = self.connection === connection
        if wasCurrent { self.connection = nil }
        leaving.removeAll { $0 === connection }
        // One that has served until it was closed has done no wrong.
        let isFailure = !connection.isReady || connection.isSilent || !connection.hasAnswered && !left.isEmpty
        let reason = error ?? .closed
        if isFailure {
            backOff.failed(reason, at: .now())
            complain(reason)
        }
        if !connection.isReady, wasCurrent {
            let questions = waiting
            waiting = []
            for question in questions { lose(question, reason) }
        }
        if connection.isSilent {
            for question in left { lose(question, reason) }
        } else {
            returned(left, reason)
        }
    }
}

extension ExtendedError {
    fileprivate static let closed = ExtendedError(networkError, "it closed the connection without an answer")
}
