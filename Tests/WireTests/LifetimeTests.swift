// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// How long an answer may be kept, and which TTLs it is handed out with.
@Suite struct LifetimeTests {
    private static let www = Name.of("www.example")

    private func answer(_ answers: [Message.Record], _ authorities: [Message.Record] = [], code: UInt16 = 0) throws -> Answer {
        var message = Message(Self.www, .a, answers)
        message.flags |= code
        message.authorities = authorities
        return try #require(Judged(message, to: try Query(message: .query(Self.www, .a))).answer)
    }

    private func ttls(_ answer: Answer) throws -> [UInt32] {
        try #require(LdnsOpinion(try Query(message: .query(Self.www, .a)).reply(answer, age: 0))).ttls
    }

    @Test func theShortestRecordSaysHowLong() throws {
        let chain: [Message.Record] = [.cname(Self.www, .of("cdn.test"), ttl: 30), .address(.of("cdn.test"), .of("203.0.113.5"), ttl: 20)]
        #expect(try answer(chain).lifetime == 20)
        #expect(try answer(Array(chain.reversed())).lifetime == 20)
        #expect(try answer([.address(Self.www, .of("192.0.2.7"), ttl: 0)]).lifetime == 0)
    }

    @Test func aSetHasOneTTLTheLowest() throws {
        let records = [400, 100, 200].map { Message.Record.address(Self.www, .v4(0xC000_0200 + $0), ttl: $0) }
        #expect(try ttls(try answer(records)) == [100, 100, 100])
        // Sets of other names keep theirs.
        let chain: [Message.Record] = [
            .cname(Self.www, .of("cdn.test"), ttl: 900), .address(.of("cdn.test"), .of("203.0.113.5"), ttl: 50),
            .address(.of("cdn.test"), .of("203.0.113.6"), ttl: 60),
        ]
        #expect(try ttls(try answer(chain)) == [900, 50, 50])
    }

    /// Addresses are owed for as long as the whole chain is known: a cache that keeps each set by itself must not keep them for longer.
    @Test func addressesLastNoLongerThanTheWayToThem() throws {
        let chain: [Message.Record] = [
            .cname(Self.www, .of("a.test"), ttl: 300), .cname(.of("a.test"), .of("b.test"), ttl: 1),
            .address(.of("b.test"), .of("203.0.113.5"), ttl: 86_000),
        ]
        #expect(try ttls(try answer(chain)) == [300, 1, 1])
    }

    @Test(arguments: [UInt32(0x8000_0000), 0xFFFF_FFFF]) func aTTLWithTheTopBitIsZero(_ ttl: UInt32) throws {
        let answer = try answer([.address(Self.www, .of("192.0.2.7"), ttl: ttl)])
        #expect(answer.lifetime == 0)
        #expect(try ttls(answer) == [0])
    }

    @Test func longLiesEndAfterADay() throws {
        let answer = try answer([.address(Self.www, .of("192.0.2.7"), ttl: 0x7FFF_FFFF)])
        #expect(answer.lifetime == 86_400)
        #expect(try ttls(answer) == [86_400])
    }

    @Test(
        arguments: [(60, 900, 60), (900, 60, 60), (86_400, 86_400, 10_800), (0, 60, 0), (0x8000_0000, 60, 0)] as [(UInt32, UInt32, UInt32)])
    func noIsKeptAsLongAsTheSOASays(_ ttl: UInt32, _ minimum: UInt32, _ lifetime: UInt32) throws {
        let soa = Message.Record.soa(.of("example"), ttl: ttl, minimum: minimum)
        for code in [UInt16(0), 3] {
            let answer = try answer([], [soa], code: code)
            #expect(answer.lifetime == lifetime)
            #expect(answer.code.rawValue == code)
            #expect(answer.ttls.map(\.seconds) == [lifetime], "what the client hears is no longer than what we keep")
        }
    }

    @Test func noWithoutASOAIsNotKept() throws {
        #expect(try answer([], []).lifetime == nil)
        #expect(try answer([], [], code: 3).lifetime == nil)
        var referral = Message.Record.cname(.of("example"), .of("ns.example"))
        referral.type = .ns
        #expect(try answer([], [referral]).lifetime == nil)
        #expect(try answer([.cname(Self.www, .of("cdn.test"))], []).lifetime == nil, "the end of the chain is not known")
    }

    @Test func noAtTheEndOfAChainIsKeptNoLongerThanTheChain() throws {
        let chain = [Message.Record.cname(Self.www, .of("cdn.test"), ttl: 5)]
        let soa = [Message.Record.soa(.of("test"), ttl: 3600, minimum: 3600)]
        #expect(try answer(chain, soa).lifetime == 5)
        #expect(try answer(chain, soa, code: 3).lifetime == 5)
        #expect(try answer([.cname(Self.www, .of("cdn.test"), ttl: 7200)], soa).lifetime == 3600)
    }
}
