// SPDX-License-Identifier: MIT

/// A client's question, checked. One object: it is handed from room to room, and a name is large.
package final class Query: Sendable {
    package let id: UInt16
    package let flags: Header.Flags
    package let question: Question
    /// The question as the client wrote it, its case included: it is echoed byte for byte.
    package let rawQuestion: [UInt8]
    /// Nil when the client did not speak EDNS.
    package let edns: EDNS?
    /// Whether it asks for what DNSSEC needs (DO, RFC 3225).
    package let dnssecOK: Bool
    /// Seconds that the connection it came on may be idle: told to those who ask (RFC 7828 section 3.3). Nil by UDP.
    package let idle: UInt16?

    package init(id: UInt16, flags: Header.Flags, question: Question, rawQuestion: [UInt8], edns: EDNS?, idle: UInt16? = nil) {
        self.id = id
        self.flags = flags
        self.question = question
        self.rawQuestion = rawQuestion
        self.edns = edns
        dnssecOK = edns?.dnssecOK ?? false
        self.idle = idle
    }
}

extension Query: Hashable {
    package static func == (left: Query, right: Query) -> Bool {
        left === right
            || left.id == right.id && left.flags == right.flags && left.question == right.question
                && left.rawQuestion == right.rawQuestion && left.edns == right.edns && left.idle == right.idle
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(question)
    }
}

/// What a packet that reached the listener is.
package enum Received: Hashable, Sendable {
    case query(Query)
    /// Not a question we answer, but one that deserves to hear why (RFC 8906): the whole reply.
    case reply([UInt8])
    /// Nothing to answer: too short to have an id, or itself a response (answering those makes loops).
    case ignored
}

extension Received {
    /// - Parameter idle: as in `Query`.
    package init(_ packet: Span<UInt8>, idle: UInt16? = nil) {
        var reader = MessageReader(packet)
        guard let header = try? reader.header(), !header.flags.contains(.response) else {
            self = .ignored
            return
        }
        self = Self.check(header, &reader, packet, idle)
    }

    private static func check(_ header: Header, _ reader: inout MessageReader, _ packet: Span<UInt8>, _ idle: UInt16?) -> Received {
        guard header.flags.opcode == 0 else { return .reply(bare(header, .notImplemented)) }
        // RFC 9619: a QUERY has exactly one question. Behind it stand OPT, TSIG and SIG(0) at the most: thousands of records are no question.
        guard header.questions == 1, header.answers == 0, header.authorities == 0, header.additionals <= 3,
            let question = try? reader.question()
        else {
            return .reply(bare(header, .formatError))
        }
        let raw = packet.bytes(Header.size..<reader.offset)
        guard raw.count == question.size else { return .reply(bare(header, .formatError)) }
        var edns: EDNS?
        for _ in 0..<header.additionals {
            guard let record = try? reader.record() else { return .reply(bare(header, .formatError)) }
            guard record.type == .opt else { continue }
            guard edns == nil, record.owner.isRoot, let found = try? EDNS(record, in: packet) else {
                return .reply(bare(header, .formatError))
            }
            edns = found
        }
        let query = Query(id: header.id, flags: header.flags, question: question, rawQuestion: raw, edns: edns, idle: idle)
        if let edns, edns.version != 0 { return .reply(query.reply(.badVersion)) }
        return judge(query)
    }

    private static func judge(_ query: Query) -> Received {
        switch query.question.type {
        case .axfr, .ixfr, .maila, .mailb, .opt, .tsig, .tkey: .reply(query.reply(.refused))
        default:
            // Without RD a client asks what we hold, not for an answer: that would tell what others asked (cache snooping).
            if query.question.class != Question.internet || !query.flags.contains(.recursionDesired) {
                .reply(query.reply(.refused))
            } else {
                .query(query)
            }
        }
    }

    /// A reply of nothing but a header, for messages whose question cannot be trusted.
    private static func bare(_ header: Header, _ code: ResponseCode) -> [UInt8] {
        var message: [UInt8] = []
        message.append(header.id)
        let kept = Header.Flags(rawValue: header.flags.rawValue & 0x7900)
        message.append(kept.union(.response).with(code).rawValue)
        message.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
        return message
    }
}
