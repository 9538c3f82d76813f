// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@Suite struct CuttingTests {
    private static let www = Name.of("www.example")
    private static let cdn = Name.of("cdn.test")

    private func answer(_ type: RecordType, _ answers: [Message.Record]) throws -> (Answer, Query) {
        let query = try Query(message: .query(Self.www, type))
        var message = Message(Self.www, type, answers)
        message.authorities = [.soa(.of("test"), ttl: 600, minimum: 60)]
        message.additionals = [.opt(options: [0, 15, 0, 2, 0, 3])]
        return (try #require(Judged(message, to: query).answer), query)
    }

    @Test func refusedAddressesAreGoneAndTheRestStays() throws {
        let (whole, query) = try answer(
            .a,
            [
                .cname(Self.www, Self.cdn, ttl: 90), .address(Self.cdn, .of("127.0.0.1"), ttl: 80),
                .address(Self.cdn, .of("203.0.113.5"), ttl: 80),
                .address(Self.cdn, .of("203.0.113.6"), ttl: 80),
            ])
        let cut = try #require(whole.cutting(Cut(refused: [.of("127.0.0.1"), .of("203.0.113.6")]), for: query))
        #expect(cut.addresses == [.of("203.0.113.5")])
        #expect(cut.lifetime == 80)
        #expect(cut.error == whole.error)
        let reply = query.reply(cut, age: 10)
        let opinion = try #require(LdnsOpinion(reply))
        #expect(opinion.answers == 2 && opinion.authorities == 0 && opinion.ttls == [80, 70])
        #expect(Judged(reply.span, to: query, id: 0x1234).answer?.addresses == [.of("203.0.113.5")])
    }

    @Test func withoutAnAddressThereIsNoAnswer() throws {
        let (whole, query) = try answer(.a, [.cname(Self.www, Self.cdn), .address(Self.cdn, .of("127.0.0.1"))])
        #expect(whole.cutting(Cut(refused: [.of("127.0.0.1")]), for: query) == nil)
    }

    @Test func refusedHintsGoAndTheirRecordStays() throws {
        let (whole, query) = try answer(
            .https, [.https(Self.www, hints: [.of("127.0.0.1"), .of("203.0.113.5")]), .https(Self.www, hints: [.of("127.0.0.1")])])
        let cut = try #require(whole.cutting(Cut(refused: [.of("127.0.0.1")]), for: query))
        #expect(cut.addresses == [.of("203.0.113.5")])
        #expect(LdnsOpinion(query.reply(cut, age: 0))?.answers == 2)
    }

    @Test func whereNothingIsTakenOutNothingChanges() throws {
        let (whole, query) = try answer(.https, [.https(Self.www, hints: [.of("203.0.113.5")])])
        var cut = Cut(refused: [.of("127.0.0.1")])
        cut.malformed = true
        cut.hints = [.v6]
        #expect(whole.cutting(cut, for: query)?.body == whole.body)
    }

    @Test func whatIsCutIsNoLongerAuthentic() throws {
        let query = try Query(message: .query(Self.www, .a))
        var message = Message(Self.www, .a, [.address(Self.www, .of("127.0.0.1")), .address(Self.www, .of("203.0.113.5"))])
        message.flags |= 0x20
        let whole = try #require(Judged(message, to: query).answer)
        #expect(whole.authenticated)
        #expect(whole.cutting(Cut(refused: [.of("127.0.0.1")]), for: query)?.authenticated == false)
    }
}
