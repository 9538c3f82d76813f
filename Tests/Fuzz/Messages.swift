// SPDX-License-Identifier: MIT
import Wire

/// Bytes on a listener's socket, and on an upstream's.
enum Messages {
    static func run(_ bytes: [UInt8]) throws(Violation) {
        try receive(bytes)
        try readPlainly(bytes)
        try judge(bytes)
        try pass(bytes)
    }

    private static func receive(_ bytes: [UInt8]) throws(Violation) {
        switch Received(bytes.span) {
        case .ignored: try claim(bytes.count < 12 || bytes[2] >= 0x80, "a question is ignored")
        case .reply(let reply):
            try claim(bytes[2] < 0x80, "a reply to a reply")
            try claim(PlainMessage(reply)?.end == reply.count && reply.count < 600, "not a message: \(reply)")
            try claim(reply[0] == bytes[0] && reply[1] == bytes[1] && reply[2] >= 0x80, "not a reply to it: \(reply)")
        case .query(let query):
            try claim(PlainMessage(bytes)?.questions.count == 1, "a question that does not parse")
            for reply in [query.reply(.serverFailure, error: ExtendedError(22, "why")), query.fitted(query.reply(.nameError))] {
                try Handed.check(reply, to: query, isByUDP: true)
            }
            let asked = query.upstream(id: 7)
            try claim(PlainMessage(asked)?.end == asked.count, "not a message: \(asked)")
        }
    }

    /// What is read without a copy says what is read with one.
    private static func readPlainly(_ bytes: [UInt8]) throws(Violation) {
        guard let plain = PlainQuery(bytes.span) else { return }
        guard case .query(let query) = Received(bytes.span) else {
            // Well written, and refused all the same.
            return try claim(Received(bytes.span) != .ignored, "a plain question is ignored")
        }
        try claim(plain.traits == query.traits, "traits \(plain.traits) of a question with \(query.traits)")
        try claim(plain.payloadSize == query.edns.map { min(1232, Int($0.payloadSize)) } ?? 512, "payload \(plain.payloadSize)")
        try claim(plain.nameEnd == 12 + query.question.name.count, "a name that ends at \(plain.nameEnd)")
        try claim(plain.hash == query.plainHash, "another hash")
        let name = (0..<query.question.name.count).map { query.question.name[$0] }
        var asked = Array(repeating: 0, count: 12) + name + bytes[plain.nameEnd..<plain.nameEnd + 4]
        try claim(plain.isAsked(by: bytes.span, in: asked.span, at: 12), "not what is asked")
        asked[12 + name.count + 1] ^= 1
        try claim(!plain.isAsked(by: bytes.span, in: asked.span, at: 12), "another type is the same")
    }

    /// As an encrypted connection's messages: padded, aged.
    private static func pass(_ bytes: [UInt8]) throws(Violation) {
        let padded = bytes.padded()
        let aged = bytes.aged(by: 7)
        try claim(aged.count == bytes.count && padded.count >= bytes.count, "bytes are lost")
        guard bytes.count < 60_000, let plain = PlainMessage(bytes), plain.end == bytes.count, padded != bytes else { return }
        try claim(PlainMessage(padded)?.end == padded.count && padded.count % 128 == 0, "padded to \(padded.count): \(padded)")
    }

    private static func judge(_ bytes: [UInt8]) throws(Violation) {
        var reader = MessageReader(bytes.span)
        guard let header = try? reader.header(), let question = try? reader.question() else {
            switch Judged(bytes.span, to: Query(asking: Question(name: .root, type: .a)), id: 0) {
            case .foreign: return
            case .failed: return try claim(bytes.count == 12, "a failure without a question, and more than a header")
            case .answer, .truncated, .badCookie, .doubtful: throw Violation("an answer without a question")
            }
        }
        let query = Query(asking: question)
        let other = Query(
            asking: Question(name: question.name, type: RecordType(rawValue: question.type.rawValue ^ 1), class: question.class))
        for (query, id) in [(query, header.id ^ 0x100), (other, header.id)] {
            switch Judged(bytes.span, to: query, id: id) {
            case .foreign, .doubtful: break
            case .answer, .truncated, .badCookie, .failed: throw Violation("taken for the reply to another question")
            }
        }
        // Nothing else is ever asked upstream.
        guard question.class == Question.internet, case .answer(let answer) = Judged(bytes.span, to: query, id: header.id) else { return }
        try check(answer, query)
        var cuts = [Cut(refused: answer.addresses.prefix(1)), Cut(), Cut()]
        cuts[1].malformed = true
        cuts[2].hints = [.v4, .v6]
        for cut in cuts { if let rest = answer.cutting(cut, for: query) { try check(rest, query) } }
        _ = answer.serviceTargets
        try claim(Array(NameList(answer.aliases)) == Array(answer.aliases), "a list of names that is not what it was made from")
    }

    private static func check(_ answer: Answer, _ query: Query) throws(Violation) {
        let reply = query.reply(answer, age: 0)
        let plain = try Handed.check(reply, to: query, isByUDP: false)
        try claim(plain.addresses == Set(answer.addresses.map(\.bytes)), "addresses \(plain.addresses) in what says \(answer.addresses)")
        try Handed.check(query.fitted(query.reply(answer, age: 100_000)), to: query, isByUDP: true)
        var bare = query
        bare = Query(id: 9, flags: bare.flags, question: bare.question, rawQuestion: bare.rawQuestion, edns: nil)
        try Handed.check(bare.fitted(bare.reply(answer, age: 1)), to: bare, isByUDP: true)
        guard case .answer(let again) = Judged(reply.span, to: query, id: query.id) else {
            throw Violation("we do not read our own \(reply)")
        }
        try claim(again.addresses == answer.addresses && again.aliases == answer.aliases, "read again it says something else: \(reply)")
    }
}
