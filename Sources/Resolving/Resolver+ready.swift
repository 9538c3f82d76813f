// SPDX-License-Identifier: MIT
import Policy
import Steering
import Wire

extension Resolver {
    /// Answers a question as it came from the network, if its reply is ready: what most questions take. Else `receive` does it.
    /// - Parameters:
    ///   - room: where the reply goes.
    /// - Returns: bytes of the reply; nil when none is ready, or it does not fit.
    package mutating func reply(
        to packet: Span<UInt8>, from app: App, _ transport: Transport, at now: Instant, into room: inout MutableSpan<UInt8>
    ) -> Int? {
        guard let query = PlainQuery(packet) else { return nil }
        if lossesSeen != ledger.losses {
            lossesSeen = ledger.losses
            ready.forget()
        }
        let limit = transport == .udp ? query.payloadSize : Int(UInt16.max)
        guard let (size, kind) = ready.reply(to: packet, query, app, limit: limit, at: now, into: &room) else { return nil }
        counters.questions += 1
        switch kind {
        case .cached: counters.hits += 1
        case .byAlias:
            counters.hits += 1
            counters.byAlias += 1
        case .blocked: counters.blocked += 1
        case .local: counters.local += 1
        }
        return size
    }

    /// Sends a reply made here that the next one who asks the same gets as well.
    mutating func give(_ reply: [UInt8], _ kind: ReadyReplies.Kind, to waiter: Flight.Waiter, at now: Instant) {
        send(reply, to: waiter)
        guard staysDecided(waiter.query.question) else { return }
        ready.keep(
            reply, to: waiter.query, waiter.client.app, kind, ttls: [], came: now, over: now + ReadyReplies.lifetime, at: now)
    }

    /// Whether the same is decided for a question until the rules or the world change: of an address's name also who owns the address decides.
    func staysDecided(_ question: Question) -> Bool { arrears.isEmpty && Reserved.network(of: question.name) == nil }
}
