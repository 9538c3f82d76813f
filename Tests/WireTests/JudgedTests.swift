// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@Suite struct JudgedTests {
    private static let www = Name.of("www.example")
    private static let address = Message.Record.address(www, .of("192.0.2.7"))

    private func judged(_ type: RecordType = .a, _ answers: [Message.Record] = [], _ change: (inout Message) -> Void = { _ in }) throws
        -> Judged
    {
        var message = Message(Self.www, type, answers)
        change(&message)
        return Judged(message, to: try Query(message: .query(Self.www, type)))
    }

    // MARK: Whose reply it is

    @Test func aReplyThatFitsIsTaken() throws { #expect(try judged(.a, [Self.address]).answer?.addresses == [.of("192.0.2.7")]) }

    @Test func anotherIdIsDoubtful() throws { #expect(try judged(.a, [Self.address]) { $0.id = 0x1235 } == .doubtful(.id)) }

    /// Bad news with a wrong id is no news: it is ignored, and the question goes by TCP.
    @Test(arguments: [0, 1, 2, 3, 4, 5]) func badNewsWithAnotherIdIsDoubtful(_ code: UInt16) throws {
        #expect(
            try judged(.a) {
                $0.id = 0x1235
                $0.flags |= code
            } == .doubtful(.id))
        let bare = try judged(.a) {
            $0.id = 0x1235
            $0.flags |= code
            $0.questions = []
        }
        #expect(bare == .foreign)
    }

    /// RFC 7873 section 5.3 and RFC 9018: the client's eight bytes, and of the server's none or 8 to 32.
    @Test func cookiesOfOtherLengthsAreNone() {
        let wording = Wording(id: 1, cookie: Array(1...8))
        for count in 0...50 as ClosedRange<UInt8> {
            let cookie = Array(1..<count + 1)
            #expect(wording.accepts(cookie) == (count == 8 || (16...40).contains(count)), "\(count) bytes")
            if count > 7 { #expect(!wording.accepts([0] + cookie.dropFirst())) }
        }
    }

    @Test func anotherQuestionIsForeign() throws {
        #expect(try judged(.a, [Self.address]) { $0.questions[0] = Question(name: .of("www.example2"), type: .a) } == .foreign)
        #expect(try judged(.a, [Self.address]) { $0.questions[0] = Question(name: Self.www, type: .aaaa) } == .foreign)
        #expect(try judged(.a, [Self.address]) { $0.questions[0] = Question(name: Self.www, type: .a, class: 3) } == .foreign)
        #expect(try judged(.a, [Self.address]) { $0.questions = [] } == .foreign)
        #expect(try judged(.a, [Self.address]) { $0.questions.append($0.questions[0]) } == .foreign)
    }

    @Test func aQuestionIsNoReply() throws { #expect(try judged(.a, [Self.address]) { $0.flags = 0x0100 } == .foreign) }

    @Test func anotherOperationIsForeign() throws { #expect(try judged(.a, [Self.address]) { $0.flags |= 0x2800 } == .foreign) }

    @Test func theQuestionMayComeBackInOtherCase() throws {
        var message = Message(Self.www, .a, [Self.address])
        message.isCompressed = true
        var bytes = message.bytes
        for index in 13..<16 { bytes[index] -= 32 }
        let query = try Query(message: .query(Self.www, .a))
        let answer = try #require(Judged(bytes.span, to: query, id: 0x1234).answer)
        #expect(answer.addresses == [.of("192.0.2.7")])
        #expect(LdnsOpinion(query.reply(answer, age: 0))?.questionName == Array(query.rawQuestion.dropLast(4)), "as the client wrote it")
    }

    // MARK: What kind it is

    @Test func whatIsCutOffGoesAgainByTCP() throws {
        #expect(try judged(.a, []) { $0.flags |= 0x0200 } == .truncated)
        #expect(try judged(.a, [Self.address]) { $0.flags |= 0x0200 } == .truncated)
        #expect(
            try judged(.a, []) {
                $0.flags |= 0x0200; $0.id = 7
            } == .doubtful(.id))
    }

    @Test(arguments: [1, 2, 4, 5, 9]) func otherCodesAreFailures(_ code: UInt16) throws {
        #expect(try judged(.a, []) { $0.flags |= code } == .failed(ResponseCode(rawValue: code), nil))
    }

    @Test func aFailureSaysWhy() throws {
        let judged = try judged(.a, []) {
            $0.flags |= 2
            $0.additionals = [.opt(options: [0, 10, 0, 1, 9, 0, 15, 0, 4, 0, 22, 0x68, 0x69, 0, 15, 0, 2, 0, 1])]
        }
        #expect(judged == .failed(.serverFailure, ExtendedError(22, "hi")))
    }

    @Test func codesAreExtendedByEDNS() throws {
        #expect(try judged(.a, []) { $0.additionals = [.opt(code: 1)] } == .failed(.badVersion, nil))
    }

    @Test func nonsenseIsAFailureAndNotTheClientsFault() throws {
        var message = Message(Self.www, .a, [Self.address])
        message.answers[0].data = [.bytes([192, 0, 2])]
        let query = try Query(message: .query(Self.www, .a))
        #expect(Judged(message, to: query) == .failed(.serverFailure, nil))
        let bytes = Array(Message(Self.www, .a, [Self.address]).bytes.dropLast())
        #expect(Judged(bytes.span, to: query, id: 0x1234) == .failed(.serverFailure, nil))
    }

    // MARK: What is in it

    @Test func recordsOutsideTheChainAreCutAway() throws {
        let query = try Query(message: .query(Self.www, .a))
        let chain: [Message.Record] = [.cname(Self.www, .of("cdn.test")), .address(.of("cdn.test"), .of("203.0.113.5"))]
        let strays: [Message.Record] = [
            .address(.of("bank.test"), .of("198.51.100.66")), .address(Self.www, .of("198.51.100.67")),
            .cname(.of("bank.test"), .of("evil.test")),
            .txt(.of("cdn.test"), "x"), .address(.of("cdn.test"), .of("2001:db8::66")),
        ]
        for place in 0...2 {
            for isCompressed in [true, false] {
                var message = Message(Self.www, .a, Array(chain[..<place]) + strays + Array(chain[place...]))
                message.authorities = [.soa(.of("test"), ttl: 60, minimum: 60)]
                message.isCompressed = isCompressed
                let answer = try #require(Judged(message, to: query).answer)
                #expect(answer.addresses == [.of("203.0.113.5")])
                let reply = query.reply(answer, age: 0)
                let opinion = try #require(LdnsOpinion(reply))
                #expect(opinion.answers == 2 && opinion.authorities == 0 && opinion.ttls == [300, 300])
                // What we cut is as good as new.
                #expect(Judged(reply.span, to: query, id: 0x1234).answer?.addresses == [.of("203.0.113.5")])
            }
        }
    }

    @Test func theChainMayStandInAnyOrder() throws {
        let records: [Message.Record] = [
            .address(.of("c.test"), .of("203.0.113.5")), .cname(.of("b.test"), .of("c.test")), .cname(Self.www, .of("b.test")),
        ]
        #expect(try judged(.a, records).answer?.addresses == [.of("203.0.113.5")])
    }

    @Test func aChainThatEndsInItselfIsNonsense() throws {
        #expect(try judged(.a, [.cname(Self.www, Self.www)]) == .failed(.serverFailure, nil))
        let loop: [Message.Record] = [
            .cname(Self.www, .of("b.test")), .cname(.of("b.test"), .of("c.test")), .cname(.of("c.test"), .of("b.test")),
        ]
        #expect(try judged(.a, loop) == .failed(.serverFailure, nil))
    }

    @Test(arguments: [(1, true), (15, true), (16, true), (17, false), (200, false)])
    func chainsHaveSixteenLinksAtMost(_ links: Int, _ isTaken: Bool) throws {
        let names = [Self.www] + (1...links).map { Name.of("n\($0).test") }
        let records = zip(names, names.dropFirst()).map { Message.Record.cname($0, $1) } + [.address(names[links], .of("203.0.113.5"))]
        #expect(try judged(.a, records).answer?.addresses == (isTaken ? [.of("203.0.113.5")] : nil))
    }

    @Test func aQuestionForTheCNAMEItselfIsNotFollowed() throws {
        let answer = try #require(
            try judged(.cname, [.cname(Self.www, .of("cdn.test")), .address(.of("cdn.test"), .of("203.0.113.5"))]).answer)
        #expect(answer.addresses.isEmpty)
        #expect(answer.lifetime == 300)
    }

    @Test func hintsOfServiceBindingsAreAddresses() throws {
        let hints: [IPAddress] = [.of("203.0.113.5"), .of("203.0.113.6"), .of("2001:db8::5")]
        #expect(try judged(.https, [.https(Self.www, hints: hints)]).answer?.addresses == hints)
        let chained: [Message.Record] = [.cname(Self.www, .of("cdn.test")), .https(.of("cdn.test"), hints: hints)]
        #expect(try judged(.https, chained).answer?.addresses == hints)
        // Not of a name nobody asked for, nor of the additional section.
        #expect(try judged(.https, [.https(Self.www, hints: []), .https(.of("x.test"), hints: hints)]).answer?.addresses == [])
        #expect(
            try judged(.https, [.https(Self.www, hints: [])]) { $0.additionals = [.address(Self.www, hints[0])] }.answer?.addresses == [])
    }

    @Test(arguments: ["0001 00 0004 0003 010203", "0001 00 0004 0008 01020304", "0001 00 0006 0004 01020304", "0001 00 0004"])
    func hintsThatDoNotParseAreNone(_ hex: String) throws {
        var record = Message.Record.https(Self.www, hints: [])
        record.data = [.bytes([UInt8](hex: hex))]
        #expect(try judged(.https, [record]).answer?.addresses == [])
    }

    /// What follows would be read as part of the name, by us now or by a client after its TTL has changed.
    @Test(
        arguments: [
            (RecordType.https, "0001"), (.https, "0001 03737663"), (.https, "0001 c0"), (.svcb, "0001 ff 00"), (.mx, "000a"),
            (.mx, "000a 04 6d61696c"),
            (.ns, ""), (.ptr, "3f61"), (.srv, "0000 0000 0035 0377"),
        ])
    func dataThatEndsWithinItsNameIsNoAnswer(_ type: RecordType, _ hex: String) throws {
        var record = Message.Record.https(Self.www, hints: [])
        record.type = type
        record.data = [.bytes([UInt8](hex: hex))]
        for records in [[record], [record, .https(Self.www, hints: [])]] {
            #expect(try judged(type, records) == .failed(.serverFailure, nil), "\(records.count)")
        }
    }

    @Test func theAdditionalSectionDoesNotPass() throws {
        let query = try Query(message: .query(Self.www, .a))
        var message = Message(Self.www, .a, [Self.address])
        message.additionals = [.address(.of("bank.test"), .of("198.51.100.66")), .opt()]
        let reply = query.reply(try #require(Judged(message, to: query).answer), age: 0)
        #expect(LdnsOpinion(reply)?.additionals == 0)
        #expect(LdnsOpinion(reply)?.answers == 1)
    }

    /// A pointer into another record's TTL makes a name that changes with time: it is written out as it was when it came.
    @Test func aNameInATTLIsWrittenOut() throws {
        let query = try Query(message: .query(.of("www.a"), .a))
        var message = Message(.of("www.a"), .a, [.cname(.of("www.a"), .of("x.a"))])
        message.answers[0].ttl = 0x0161_0000
        message.isCompressed = true
        message.additionals = []
        var bytes = message.bytes
        // Behind header, question, and the alias's owner, type and class: the label `a` and the root. There the SOA's owner points.
        let ttl = 12 + 11 + 6
        bytes += [0xC0, UInt8(ttl), 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0] + [UInt8](repeating: 0, count: 16) + [0, 0, 0, 60]
        bytes[9] = 1
        let answer = try #require(Judged(bytes.span, to: query, id: 0x1234).answer)
        for age in [0, 7, 60] as [UInt32] {
            let reply = query.reply(answer, age: age)
            #expect(LdnsOpinion(reply)?.authorities == 1)
            var reader = MessageReader(reply.span)
            _ = try reader.header()
            _ = try reader.question()
            _ = try reader.record()
            #expect(try reader.record().owner == .of("a"), "after \(age) s")
        }
    }

    /// Name servers, their addresses, and a SOA of others are not passed on, nor do they say how long anything is kept.
    @Test func whatStandsInTheAuthorityMustBearWitness() throws {
        let query = try Query(message: .query(Self.www, .a))
        for (answers, authorities, kept, lifetime) in [
            (
                [Self.address], [Message.Record.address(.of("evil.test"), .of("198.51.100.66")), .soa(.of("example"), ttl: 9, minimum: 9)],
                0, 300
            ),
            ([], [.soa(.of("other.test"), ttl: 7, minimum: 7), .address(.of("evil.test"), .of("198.51.100.66"))], 0, nil),
            ([], [.soa(.of("other.test"), ttl: 7, minimum: 7), .soa(.of("example"), ttl: 60, minimum: 60)], 1, 60),
            ([], [.soa(.of("sub.www.example"), ttl: 7, minimum: 7)], 0, nil),
        ] as [([Message.Record], [Message.Record], Int, UInt32?)] {
            var message = Message(Self.www, .a, answers)
            message.authorities = authorities
            let answer = try #require(Judged(message, to: query).answer)
            #expect(answer.lifetime == lifetime)
            let reply = query.reply(answer, age: 0)
            var reader = MessageReader(reply.span)
            let header = try reader.header()
            #expect(Int(header.authorities) == kept && Int(header.answers) == answers.count, "\(authorities)")
            #expect(LdnsOpinion(reply) != nil)
        }
    }

    /// Where a server does not recurse for us, another may: the client is not told that there is nothing.
    @Test(arguments: [0x8180, 0x8100] as [UInt16], [true, false]) func whoOnlyRefersOnHasNotAnswered(_ flags: UInt16, _ hasSOA: Bool) throws
    {
        let query = try Query(message: .query(Self.www, .a))
        var message = Message(Self.www, .a)
        message.flags = flags
        message.authorities = [.record(.of("example"), .ns, [.name(.of("ns.example"))])]
        if hasSOA { message.authorities.append(.soa(.of("example"), ttl: 60, minimum: 60)) }
        let judged = Judged(message, to: query)
        if flags & 0x80 == 0, !hasSOA { #expect(judged == .failed(.serverFailure, nil)) } else { #expect(judged.answer != nil) }
    }

    /// A validator takes a signature without what it signs for a forgery.
    @Test func signaturesStayWithWhatTheySign() throws {
        func signature(of type: RecordType, _ owner: Name) -> Message.Record {
            .record(
                owner, .rrsig,
                [.bytes([UInt8(type.rawValue >> 8), UInt8(type.rawValue & 255)] + [UInt8](repeating: 7, count: 16) + [0, 1, 2, 3, 4])])
        }
        var message = Message.query(Self.www, .a)
        message.additionals = [.opt(dnssecOK: true)]
        let query = try Query(message: message)
        let (example, nsec) = (
            Name.of("example"), Message.Record.record(Self.www, .nsec, [.name(.of("x.example")), .bytes([0, 1, 0x20])])
        )
        message = Message(Self.www, .a)
        message.authorities = [
            .record(example, .ns, [.name(.of("ns.example"))]), signature(of: .ns, example), .soa(example, ttl: 60, minimum: 60),
            signature(of: .soa, example), nsec, signature(of: .nsec, Self.www), signature(of: .nsec, example),
        ]
        let reply = query.reply(try #require(Judged(message, to: query).answer), age: 0)
        var reader = MessageReader(reply.span)
        let header = try reader.header()
        _ = try reader.question()
        #expect(try (0..<header.authorities).map { _ in try reader.record().type } == [.soa, .rrsig, .nsec, .rrsig])
        #expect(LdnsOpinion(reply)?.authorities == 4)
    }

    /// RFC 4035 section 3.2.3: AD counts where nobody could have set it on the way.
    @Test func whoMaySayThatItIsAuthentic() throws {
        let query = try Query(message: .query(Self.www, .a))
        var message = Message(Self.www, .a, [Self.address])
        message.flags |= 0x20
        let bytes = message.bytes
        for isTrusted in [true, false] {
            var edns: EDNS?
            let wording = Wording(id: 0x1234)
            guard case .answer(let answer) = Judged(bytes.span, to: query, as: wording, isTrusted: isTrusted, edns: &edns) else {
                Issue.record("no answer")
                return
            }
            #expect(answer.authenticated == isTrusted)
        }
    }
}
