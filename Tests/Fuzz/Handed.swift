// SPDX-License-Identifier: MIT
import Wire

/// What must be true of every reply to a client, whatever came from upstream.
package enum Handed {
    /// - Parameter given: what upstream sent for the question: no other addresses may be in the reply.
    package static func judge(_ reply: [UInt8], to query: Query, isByUDP: Bool, given: [[UInt8]]? = nil) throws(Violation) {
        let plain = try check(reply, to: query, isByUDP: isByUDP)
        guard let given else { return }
        let known = given.reduce(into: Set<[UInt8]>()) { $0.formUnion(PlainMessage($1)?.addresses ?? []) }
        try claim(plain.addresses.isSubset(of: known), "addresses nobody gave: \(plain.addresses.subtracting(known))")
    }

    /// - Parameter isByUDP: whether it goes in a datagram, so that it has to fit.
    @discardableResult static func check(_ reply: [UInt8], to query: Query, isByUDP: Bool) throws(Violation) -> PlainMessage {
        guard let plain = PlainMessage(reply) else { throw Violation("the reply does not parse: \(reply)") }
        try claim(plain.end == reply.count, "bytes behind the last record: \(reply)")
        try claim(plain.id == Int(query.id) && plain.flags & 0xF800 == 0x8000, "not a reply to the question's id: \(reply)")
        try claim(reply[12...].starts(with: query.rawQuestion) && plain.questions.count == 1, "the question is not echoed: \(reply)")
        try claim(
            plain.additionals.map(\.type) == (query.edns == nil ? [] : [41]), "OPT where none was, or anything else besides: \(reply)")
        if isByUDP {
            let limit = query.edns.map { min(1232, Int($0.payloadSize)) } ?? 512
            try claim(reply.count <= limit, "\(reply.count) bytes for a client that takes \(limit)")
        }
        try claim(reply.count <= 65_535, "\(reply.count) bytes")
        try claim(plain.answers.allSatisfy { $0.ttl <= 86_400 }, "a TTL of more than a day")
        try plain.checkThatAllBelongs()
        try plain.checkThatAuthoritiesBearWitness()
        // Our own reader takes it too, unless it is cut or bad news.
        let code = plain.flags & 15
        if plain.flags & 0x200 == 0, code == 0 || code == 3, query.edns == nil || reply[reply.count - plain.additionals[0].optSize] == 0 {
            guard case .answer = Judged(reply.span, to: query, id: query.id) else { throw Violation("we do not read our own \(reply)") }
        }
        return plain
    }
}

extension PlainMessage.Record {
    /// Bytes from the upper half of the response code to the end, of an OPT record.
    fileprivate var optSize: Int { data.count + 6 }
}
