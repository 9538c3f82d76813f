// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@Suite struct ReplyTests {
    private static let www = Name.of("www.example")

    private func query(_ change: (inout Message) -> Void = { _ in }) throws -> Query {
        var message = Message.query(Self.www, .a)
        change(&message)
        return try Query(message: message)
    }

    private func answer(_ records: [Message.Record], flags: UInt16 = 0x8180) throws -> Answer {
        var message = Message(Self.www, .a, records)
        message.flags = flags
        return try #require(Judged(message, to: try query()).answer)
    }

    @Test func idAndQuestionAreEchoedInTheClientsCase() throws {
        let asked = [UInt8](hex: "BEEF 0100 0001 0000 0000 0000 03 577757 07 4578416D704C65 00 0001 0001")
        guard case .query(let query) = Received(asked.span) else {
            Issue.record("not taken")
            return
        }
        let answer = try answer([.address(Self.www, .of("192.0.2.7"))])
        for reply in [query.reply(answer, age: 0), query.reply(.serverFailure), query.reply(.noError)] {
            let opinion = try #require(LdnsOpinion(reply))
            #expect(opinion.id == 0xBEEF)
            #expect(opinion.questionName == Array(asked[12..<25]))
            #expect(opinion.questionType == 1)
            #expect(opinion.isResponse && opinion.recursionDesired && opinion.recursionAvailable && !opinion.isTruncated)
            #expect(!opinion.hasEDNS, "none asked for")
        }
    }

    @Test func theReasonStandsInTheReplyIfTheClientSpeaksEDNS() throws {
        let error = ExtendedError(22, "tunnel connecting")
        let reply = try query().reply(.serverFailure, error: error)
        #expect(Array(reply.suffix(23)) == [0, 15, 0, 19, 0, 22] + Array("tunnel connecting".utf8))
        let opinion = try #require(LdnsOpinion(reply))
        #expect(opinion.code == 2 && opinion.hasEDNS && opinion.payloadSize == 1232)
        let plain = try query { $0.additionals = [] }.reply(.serverFailure, error: error)
        #expect(try #require(LdnsOpinion(plain)).hasEDNS == false)
        #expect(plain.count == 12 + 17)
    }

    @Test func longReasonsAreCut() throws {
        let reply = try query().reply(.serverFailure, error: ExtendedError(18, String(repeating: "x", count: 70_000)))
        #expect(LdnsOpinion(reply)?.code == 2)
        #expect(reply.count < 29 + 300)
    }

    /// Cut behind a character (RFC 8914 section 2: UTF-8).
    @Test(arguments: 240...260) func reasonsAreCutBehindACharacter(_ count: Int) throws {
        for letter in ["é", "€", "😀", "x"] {
            let text = String(repeating: "a", count: count) + letter + letter
            let reply = try query().reply(.serverFailure, error: ExtendedError(18, text))
            // Behind the question, the OPT record's head, the option's code and length, and the error's code.
            let said = reply[(12 + 17 + 11 + 4 + 2)...]
            let read = try #require(String(validating: said, as: UTF8.self))
            #expect(text.hasPrefix(read) && read.utf8.count >= min(text.utf8.count, 247) && read.utf8.count <= 250)
        }
    }

    /// RFC 6891 sections 6.1.2 and 6.1.4: neither unknown options nor bits without a meaning come back.
    @Test func whatNobodyKnowsIsNotEchoed() throws {
        let query = try query {
            $0.flags |= 0x0040
            $0.additionals = [.opt(options: [0xFD, 0xE9, 0, 2, 7, 7, 0, 8, 0, 4, 0, 1, 0, 0])]
            $0.additionals[0].ttl |= 0x7FFF
        }
        for reply in [
            query.reply(try answer([.address(Self.www, .of("192.0.2.7"))]), age: 0), query.reply(.noError), query.reply(.refused),
        ] {
            #expect(reply[3] & 0x40 == 0)
            #expect(Array(reply.suffix(11)) == [0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0])
        }
        let sent = query.upstream(id: 7)
        #expect(sent[3] & 0x40 == 0)
        #expect(Array(sent.suffix(11)) == [0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0])
    }

    /// RFC 7828 section 3.2.1: by TCP, and to those who ask for it.
    @Test(arguments: [false, true]) func howLongAConnectionStaysIsToldByTCP(_ isAsked: Bool) throws {
        var message = Message.query(Self.www, .a)
        message.additionals = [.opt(options: isAsked ? [0, 11, 0, 0] : [])]
        let bytes = message.bytes
        for (idle, isTold) in [(nil, false), (10, isAsked)] as [(UInt16?, Bool)] {
            guard case .query(let query) = Received(bytes.span, idle: idle) else { throw Query.NotAQuery() }
            #expect(query.reply(.noError).suffix(6) == (isTold ? [0, 11, 0, 2, 0, 100] : [0, 0, 0, 0, 0, 0]))
        }
    }

    @Test func extendedCodesNeedEDNS() throws {
        #expect(try LdnsOpinion(query().reply(.badVersion))?.code == 16)
        // Without it only four bits are left; 16 would read as NOERROR.
        #expect(try LdnsOpinion(query { $0.additionals = [] }.reply(.badVersion))?.code == 2)
    }

    @Test(arguments: [false, true], [false, true]) func ADGoesToThoseWhoAskForIt(_ asksAD: Bool, _ asksDO: Bool) throws {
        let query = try query {
            if asksAD { $0.flags |= 0x0020 }
            $0.additionals = [.opt(dnssecOK: asksDO)]
        }
        let records: [Message.Record] = [.address(Self.www, .of("192.0.2.7"))]
        #expect(LdnsOpinion(query.reply(try answer(records, flags: 0x81A0), age: 0))?.authenticData == (asksAD || asksDO))
        #expect(LdnsOpinion(query.reply(try answer(records), age: 0))?.authenticData == false)
        #expect(LdnsOpinion(query.reply(.noError))?.authenticData == false)
    }

    @Test(arguments: [false, true]) func CDIsEchoed(_ isSet: Bool) throws {
        let query = try query { $0.flags |= isSet ? 0x0010 : 0 }
        #expect(
            LdnsOpinion(query.reply(try answer([.address(Self.www, .of("192.0.2.7"))], flags: 0x8190), age: 0))?.checkingDisabled == isSet)
    }

    @Test func theUpstreamsOwnFlagsDoNotPass() throws {
        // AA, and RA off.
        let reply = try query().reply(try answer([.address(Self.www, .of("192.0.2.7"))], flags: 0x8500), age: 0)
        #expect(reply[2] & 0x04 == 0)
        #expect(LdnsOpinion(reply)?.recursionAvailable == true)
    }

    @Test func TTLsGrowOldAndEndAtZero() throws {
        let answer = try answer([.cname(Self.www, .of("cdn.example"), ttl: 300), .address(.of("cdn.example"), .of("192.0.2.7"), ttl: 30)])
        for (age, expected) in [(0, [300, 30]), (10, [290, 20]), (30, [270, 0]), (40, [260, 0]), (UInt32.max, [0, 0])]
            as [(UInt32, [UInt32])]
        {
            #expect(LdnsOpinion(try query().reply(answer, age: age))?.ttls == expected)
        }
    }

    @Test func localRecordsStandUnderTheAskedName() throws {
        let reply = try query().reply(
            .noError, records: [.init(.a, ttl: 3600, data: [127, 0, 0, 1]), .init(.a, ttl: 3600, data: [127, 0, 0, 2])])
        let opinion = try #require(LdnsOpinion(reply))
        #expect(opinion.answers == 2 && opinion.ttls == [3600, 3600])
        #expect(Judged(reply.span, to: try query(), id: 0x1234).answer?.addresses == [.of("127.0.0.1"), .of("127.0.0.2")])
    }

    @Test(arguments: [(nil, 512), (100, 512), (512, 512), (800, 800), (1232, 1232), (4096, 1232), (65535, 1232)] as [(UInt16?, Int)])
    func whatDoesNotFitIsCutBehindARecord(_ payload: UInt16?, _ limit: Int) throws {
        let query = try query { $0.additionals = payload.map { [.opt(payload: $0)] } ?? [] }
        // 16 bytes a record.
        for count in [1, 29, 30, 31, 48, 49, 72, 73, 74, 75, 100, 200] {
            let records = (0..<count).map { Message.Record.address(Self.www, .v4(0xC000_0200 + UInt32($0))) }
            let reply = query.reply(try answer(records), age: 0)
            let fitted = query.fitted(reply)
            let opinion = try #require(LdnsOpinion(fitted))
            #expect(fitted.count <= limit)
            #expect(opinion.isTruncated == (reply.count > limit))
            let most = (limit - 12 - query.rawQuestion.count - (payload == nil ? 0 : 11)) / 16
            #expect(opinion.answers == min(count, most))
            #expect(opinion.questions == 1 && opinion.id == 0x1234)
            #expect(opinion.hasEDNS == (payload != nil))
        }
    }

    /// Behind an answer of 65,535 bytes there is no room for our OPT record: what is cut is told, and no length is taken modulo 65,536.
    @Test func byTCPNothingIsLongerThanItsLengthCanSay() throws {
        var message = Message(Self.www, .txt, (0..<244).map { _ in .txt(Self.www, String(repeating: "x", count: 255)) })
        message.answers.append(.txt(Self.www, String(repeating: "x", count: 65_535 - message.bytes.count - 13)))
        #expect(message.bytes.count == 65_535)
        for (edns, records) in [(true, 244), (false, 245)] {
            let query = try Query(message: .query(Self.www, .txt, edns: edns))
            let fitted = query.fitted(query.reply(try #require(Judged(message, to: query).answer), age: 0), isByUDP: false)
            let opinion = try #require(LdnsOpinion(fitted))
            #expect(fitted.count <= 65_535)
            #expect(opinion.isTruncated == edns && opinion.answers == records && opinion.hasEDNS == edns)
        }
    }

    @Test(arguments: WireMessage.replies.filter { !["servfail", "truncated"].contains($0.name) })
    func ldnsReadsWhatWeHandOut(_ message: WireMessage) throws {
        let query = try message.query
        let answer = try #require(Judged(message.bytes.span, to: query, id: 0x1234).answer)
        let given = try #require(LdnsOpinion(message.bytes))
        let handed = try #require(LdnsOpinion(query.reply(answer, age: 0)))
        #expect(handed.code == given.code)
        #expect(handed.answers == given.answers)
        // A "no" has its SOA; beside an answer nobody needs what stands there.
        #expect(handed.authorities == (given.answers > 0 ? 0 : given.authorities))
        #expect(handed.additionals == 0)
        #expect(handed.questionName == given.questionName)
        #expect(handed.questionType == given.questionType)
    }

    @Test func questionsToUpstreamsCarryEDNSAndADAndNothingElseOfTheClientButItsWishes() throws {
        for (flags, dnssecOK) in [(0x0100, false), (0x0110, true), (0x0120, false), (0x0130, true)] as [(UInt16, Bool)] {
            let query = try query {
                $0.flags = flags
                $0.additionals = [.opt(payload: 4096, dnssecOK: dnssecOK, options: [0, 10, 0, 2, 7, 7])]
            }
            let sent = query.upstream(id: 0xABCD)
            let opinion = try #require(LdnsOpinion(sent))
            #expect(opinion.id == 0xABCD && !opinion.isResponse && opinion.recursionDesired)
            #expect(opinion.checkingDisabled == (flags & 0x10 != 0) && opinion.authenticData)
            #expect(opinion.hasEDNS && opinion.payloadSize == 1232)
            #expect(sent.count == 12 + 17 + 11, "no option of the client's goes on")
            #expect(sent[sent.count - 4] == (dnssecOK ? 0x80 : 0))
        }
        let plain = try query { $0.additionals = [] }.upstream(id: 1)
        #expect(LdnsOpinion(plain)?.hasEDNS == true)
    }
}
