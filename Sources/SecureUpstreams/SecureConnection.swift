// SPDX-License-Identifier: MIT
import NIOCore
import NIOPosix
import Policy
import Wire

/// One TLS connection, from its first SYN, which bears the path's mark, to its end. Lives on its loop; it keeps itself until it has ended.
final class SecureConnection {
    let server: SecureServer
    private(set) var isReady = false
    private(set) var hasAnswered = false
    /// It ended because nothing came for too long.
    private(set) var isSilent = false
    private var hasEnded = false
    /// The server said something on it that is no answer: it may go on talking.
    private var hasErred = false
    private var channel: (any Channel)?
    private var carrier: (any Carrier)?
    private var alarm: Scheduled<Void>?
    private var error: ExtendedError?
    /// Since when nothing has been heard, or nothing was to be heard.
    private var quietSince = NIODeadline.now()

    /// From the first packet to the end of the handshake: time enough is left for another server.
    static let handshakePatience = TimeAmount.seconds(3)
    /// From a question to any answer on the connection; a little less than a question's own patience, so that the reason is told.
    private static let answerPatience = TimeAmount.seconds(4)
    /// Without a question. Servers close after ten seconds to some minutes (RFC 7766 section 6.2.3).
    private static let idle = TimeAmount.seconds(25)

    private let contexts: TLSContexts

    init(_ server: SecureServer, _ contexts: TLSContexts) {
        self.server = server
        self.contexts = contexts
        alarm = server.loop.scheduleTask(in: Self.handshakePatience, bound { $0.fail(.slowHandshake) })
        let mark = server.ask.mark
        let bootstrap = ClientBootstrap(group: server.loop)
            // Before connect(2): the first packet has it, or there is none.
            .channelOption(
                ChannelOptions.socket(SocketOptionLevel(SOL_SOCKET), SocketOptionName(SO_MARK)), value: SocketOptionValue(mark)
            )
            .connectTimeout(Self.handshakePatience)
        let own = NIOLoopBound(self, eventLoop: server.loop)
        let opening = bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let greeter = try TLSGreeter(own.value, own.value.contexts)
                own.value.channel = channel
                try channel.pipeline.syncOperations.addHandlers(greeter.handlers)
            }
        }
        opening.connect(to: SocketAddress(server.ask.server)).whenComplete { result in
            switch result {
            case .success(let channel): own.value.connected(channel)
            case .failure(let error): own.value.fail(ExtendedError(connecting: error))
            }
        }
    }

    /// Of a closure on ourselves one that the loop may keep.
    private func bound(_ body: @escaping @Sendable (SecureConnection) -> Void) -> @Sendable () -> Void {
        let own = NIOLoopBound(self, eventLoop: server.loop)
        return { body(own.value) }
    }

    private func connected(_ channel: any Channel) {
        channel.closeFuture.whenComplete { [end = bound { $0.end() }] _ in end() }
        if hasEnded { TLSGreeter.cut(channel) }
    }

    /// The server is who it should be, and this is how it is spoken to.
    func opened(_ carrier: any Carrier) {
        guard !hasEnded else { return }
        self.carrier = carrier
        isReady = true
        heard()
        server.opened(self)
        watch()
    }

    func send(_ question: Question) {
        guard let carrier, carrier.hasRoom else {
            server.retire(self)
            return server.returned([question], .full)
        }
        if !carrier.isBusy { heard() }
        var question = question
        question.sends += 1
        carrier.send(question)
        watch()
    }

    func forget(_ number: UInt64) { carrier?.forget(number) }

    /// An answer to one of the questions.
    func answered(_ question: Question?, _ message: [UInt8]) {
        hasAnswered = true
        heard()
        if let question { server.answered(question, message) }
        settle()
    }

    /// The server refused one question; others on the connection may still be answered.
    func refused(_ question: Question?, _ error: ExtendedError) {
        hasErred = true
        heard()
        server.failed(self, question, error)
        settle()
    }

    /// The server takes no more questions here, and has not dealt with these.
    func returned(_ questions: [Question]) {
        server.dismissed(self, questions, .goneAway)
        settle()
    }

    /// Ends it because of what has happened on it.
    func fail(_ error: ExtendedError) {
        guard !hasEnded else { return }
        if self.error == nil { self.error = error }
        end()
    }

    /// Ends it, and hands back what was asked on it.
    /// - Parameter politely: with a farewell, which the server may answer within a second.
    func abandon(politely: Bool = false) -> [Question] {
        let left = carrier?.questions ?? []
        hasEnded = true
        alarm?.cancel()
        if politely { channel?.close(promise: nil) } else if let channel { TLSGreeter.cut(channel) }
        carrier = nil
        return left
    }

    private func end(politely: Bool = false) {
        guard !hasEnded else { return }
        let left = abandon(politely: politely)
        server.ended(self, left, error)
    }

    private func heard() { quietSince = .now() }

    /// Looks again when the next thing is due.
    private func watch() {
        alarm?.cancel()
        guard !hasEnded, let carrier else { return }
        let due = quietSince + (carrier.isBusy ? Self.answerPatience : Self.idle)
        alarm = server.loop.scheduleTask(deadline: due, bound { $0.look() })
    }

    private func look() {
        guard !hasEnded, let carrier else { return }
        if carrier.isBusy, NIODeadline.now() - quietSince >= Self.answerPatience {
            isSilent = true
            fail(.silent)
        } else if !carrier.isBusy, NIODeadline.now() - quietSince >= Self.idle {
            end(politely: true)
        } else {
            watch()
        }
    }

    /// After an answer: one that takes no more questions ends with its last.
    private func settle() {
        guard !hasEnded, let carrier else { return }
        if !carrier.isBusy, server.isLeaving(self) { end(politely: !hasErred) } else { watch() }
    }
}

extension ExtendedError {
    fileprivate static let slowHandshake = ExtendedError(noReachableAuthority, "the TLS handshake was not done within 3 s")
    fileprivate static let silent = ExtendedError(noReachableAuthority, "it answers nothing on its connection")
    fileprivate static let full = ExtendedError(networkError, "too many questions wait on one connection")
    fileprivate static let goneAway = ExtendedError(networkError, "it takes no more questions on its connection")
}
