// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// RFC 3597: data of types we do not know is bytes; names in that of the types of RFC 1035 may be compressed, and are names.
@Suite struct OpaqueDataTests {
    private static let www = Name.of("www.example")
    /// Has its place first, so that others point into it, and is cut away.
    private static let stray = Message.Record.cname(.of("bank.test"), .of("mail.bank.test"))

    /// The reply a client gets: as it came, and written anew since a stray is gone.
    private func replies(_ record: Message.Record) throws -> [[UInt8]] {
        let query = try Query(message: .query(Self.www, record.type))
        return try [[record], [Self.stray, record]].map { records in
            let reply = query.reply(try #require(Judged(Message(Self.www, record.type, records), to: query).answer), age: 0)
            #expect(LdnsOpinion(reply)?.answers == 1)
            return reply
        }
    }

    private func data(_ reply: [UInt8]) throws -> Range<Int> {
        var reader = MessageReader(reply.span)
        _ = try reader.header()
        _ = try reader.question()
        return try reader.record().data
    }

    @Test(arguments: [
        "C00C", "C00C C00C C0FF", "00", "03777777C00C", "FFFF", "", "BFBFBF 40 3F", "0000 0001 C012 0000 0000",
    ]) func unknownDataPassesByteForByte(_ hex: String) throws {
        let bytes = [UInt8](hex: hex)
        for type in [65280, 65281, 10, 65534] as [UInt16] {
            let record = Message.Record.record(Self.www, RecordType(rawValue: type), [.bytes(bytes)])
            for reply in try replies(record) { #expect(Array(reply[try data(reply)]) == bytes, "TYPE\(type)") }
        }
    }

    /// Bytes before the names, and how many names. MX, SOA and the others of today are in the fixtures that ldns reads.
    @Test(
        arguments: [
            (3, 0, 1), (4, 0, 1), (7, 0, 1), (8, 0, 1), (9, 0, 1), (14, 0, 2), (17, 0, 2), (18, 2, 1), (21, 2, 1), (26, 2, 2), (36, 2, 1),
            (2, 0, 1), (12, 0, 1), (15, 2, 1), (33, 6, 1),
        ] as [(UInt16, Int, Int)]) func compressedNamesStayTheirs(_ type: UInt16, _ before: Int, _ count: Int) throws
    {
        let names = [Name.of("mail.bank.test"), .of("box.mail.bank.test")].prefix(count)
        let record = Message.Record.record(
            Self.www, RecordType(rawValue: type), [.bytes([UInt8](repeating: 7, count: before))] + names.map { .name($0) })
        for reply in try replies(record) {
            let data = try data(reply)
            var reader = MessageReader(reply.span, at: data.lowerBound + before)
            for name in names { #expect(try reader.name() == name) }
            #expect(reader.offset == data.upperBound)
        }
    }
}
