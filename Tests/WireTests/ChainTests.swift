// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// DNAMEs as links of a chain (RFC 6672).
@Suite struct ChainTests {
    private static let git = Name.of("git.old.example")
    private static let dname = Message.Record.dname(.of("old.example"), .of("new.test"), ttl: 70)
    private static let address = Message.Record.address(.of("git.new.test"), .of("203.0.113.5"))

    private func judged(_ type: RecordType = .a, _ answers: [Message.Record]) throws -> (Answer?, Query) {
        let query = try Query(message: .query(Self.git, type))
        return (Judged(Message(Self.git, type, answers), to: query).answer, query)
    }

    @Test func aCNAMEThatItsServerLeftOutIsMade() throws {
        for records in [[Self.dname, Self.address], [Self.address, Self.dname]] {
            let (answer, query) = try judged(.a, records)
            let whole = try #require(answer)
            #expect(whole.addresses == [.of("203.0.113.5")])
            #expect(Array(whole.aliases) == [.of("git.new.test")])
            #expect(whole.lifetime == 70)
            let reply = query.reply(whole, age: 0)
            #expect(LdnsOpinion(reply)?.answers == 3)
            #expect(Judged(reply.span, to: query, id: 0x1234).answer?.addresses == [.of("203.0.113.5")])
        }
    }

    @Test func aCNAMEThatIsThereIsTakenAsItIs() throws {
        let (answer, query) = try judged(.a, [Self.dname, .cname(Self.git, .of("git.new.test")), Self.address])
        #expect(LdnsOpinion(query.reply(try #require(answer), age: 0))?.answers == 3)
        // One that says otherwise than the DNAME leads where it says: there is no second truth for clients, which know no DNAME.
        let elsewhere: [Message.Record] = [.cname(Self.git, .of("x.test")), .address(.of("x.test"), .of("192.0.2.7"))]
        let (other, _) = try judged(.a, [Self.dname, Self.address] + elsewhere)
        #expect(other?.addresses == [.of("192.0.2.7")])
    }

    @Test func aDNAMEIsNoLinkForItsOwnNameNorForNamesBesideIt() throws {
        let query = try Query(message: .query(.of("old.example"), .a))
        #expect(Judged(Message(.of("old.example"), .a, [Self.dname, Self.address]), to: query).answer?.addresses == [])
        let (beside, _) = try judged(.a, [.dname(.of("t.old.example"), .of("new.test")), Self.address])
        #expect(beside?.addresses == [] && beside?.aliases.isEmpty == true)
    }

    @Test func linksOfBothKindsAlternate() throws {
        let records: [Message.Record] = [
            Self.dname, .cname(.of("git.new.test"), .of("a.b.test")), .dname(.of("b.test"), .of("c.test")),
            .address(.of("a.c.test"), .of("192.0.2.7")),
        ]
        let (answer, query) = try judged(.a, records)
        let whole = try #require(answer)
        #expect(whole.addresses == [.of("192.0.2.7")])
        #expect(Array(whole.aliases) == [.of("git.new.test"), .of("a.b.test"), .of("a.c.test")])
        #expect(LdnsOpinion(query.reply(whole, age: 0))?.answers == 6)
    }

    @Test func loopsAndGrowthAreNonsense() throws {
        #expect(try judged(.a, [.dname(.of("old.example"), .of("old.example"))]).0 == nil)
        #expect(try judged(.a, [Self.dname, .dname(.of("new.test"), .of("old.example"))]).0 == nil)
        #expect(try judged(.a, [.dname(.of("example"), .of("x.example"))]).0 == nil, "git.old.x.example, git.old.x.x.example, …")
        let long = Name.of(Array(repeating: String(repeating: "l", count: 62), count: 4).joined(separator: "."))
        #expect(try judged(.a, [.dname(.of("old.example"), long)]).0 == nil, "too long a name (RFC 6672 section 2.2)")
    }

    @Test func linksOfOtherClassesLeadNowhere() throws {
        var other = Message.Record.cname(Self.git, .of("x.test"))
        other.class = 3
        let (answer, query) = try judged(.a, [other, .address(.of("x.test"), .of("192.0.2.7"))])
        #expect(answer?.addresses == [])
        #expect(LdnsOpinion(query.reply(try #require(answer), age: 0))?.answers == 0)
    }

    @Test func aQuestionForTheDNAMEItselfHasIt() throws {
        let query = try Query(message: .query(.of("old.example"), .dname))
        let answer = try #require(Judged(Message(.of("old.example"), .dname, [Self.dname]), to: query).answer)
        #expect(LdnsOpinion(query.reply(answer, age: 0))?.answers == 1)
        #expect(answer.lifetime == 70)
    }
}
