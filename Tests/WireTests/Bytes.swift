// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// A message of `Fixtures/wire/messages.txt`.
struct WireMessage: CustomTestStringConvertible, Sendable {
    let name: String
    let isQuery: Bool
    let bytes: [UInt8]

    static let all = Fixture.lines("wire/messages.txt").map { line in
        WireMessage(name: line.words[1], isQuery: line.words[0] == "query", bytes: [UInt8](hex: line.words[2]))
    }
    static var queries: [WireMessage] { all.filter(\.isQuery) }
    static var replies: [WireMessage] { all.filter { !$0.isQuery } }

    var testDescription: String { name }

    /// The question that a reply answers, as a client asked it.
    var query: Query {
        get throws {
            let asked = try readQuestion(bytes)
            return try Query(message: .query(asked.name, asked.type))
        }
    }
}

func readQuestion(_ bytes: [UInt8]) throws -> Question {
    var reader = MessageReader(bytes.span, at: Header.size)
    return try reader.question()
}

func readHeader(_ bytes: [UInt8]) throws -> Header {
    var reader = MessageReader(bytes.span)
    return try reader.header()
}

extension Query {
    convenience init(message: Message) throws {
        guard case .query(let query) = Received(message.bytes.span) else { throw NotAQuery() }
        self.init(id: query.id, flags: query.flags, question: query.question, rawQuestion: query.rawQuestion, edns: query.edns)
    }

    struct NotAQuery: Error {}
}

extension Judged {
    init(_ message: Message, to query: Query) {
        let bytes = message.bytes
        self.init(bytes.span, to: query, id: 0x1234)
    }

    var answer: Answer? {
        guard case .answer(let answer) = self else { return nil }
        return answer
    }
}

extension Received {
    var reply: [UInt8]? {
        guard case .reply(let reply) = self else { return nil }
        return reply
    }
}

extension [UInt8] {
    init(hex: String) {
        let digits = Array<Character>(hex).filter { !$0.isWhitespace }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0..<$0 + 2]), radix: 16) ?? 0 }
    }
}
