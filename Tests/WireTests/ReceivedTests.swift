// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@Suite struct ReceivedTests {
    private func received(_ change: (inout Message) -> Void) -> Received {
        var message = Message.query(.of("www.example"), .a)
        change(&message)
        let bytes = message.bytes
        return Received(bytes.span)
    }

    /// The code of the reply, as ldns reads it; nil when there is none.
    private func code(_ received: Received) -> Int? {
        guard let reply = received.reply else { return nil }
        guard let opinion = LdnsOpinion(reply) else {
            Issue.record("ldns does not read the reply")
            return nil
        }
        #expect(opinion.isResponse && opinion.id == 0x1234 && opinion.answers == 0)
        return opinion.code
    }

    @Test(arguments: WireMessage.queries) func questionsAreTaken(_ message: WireMessage) throws {
        guard case .query(let query) = Received(message.bytes.span) else {
            Issue.record("not taken")
            return
        }
        let opinion = try #require(LdnsOpinion(message.bytes))
        #expect(query.id == opinion.id)
        #expect(query.question.type.rawValue == opinion.questionType)
        #expect((query.edns != nil) == opinion.hasEDNS)
        #expect(query.flags.contains(.checkingDisabled) == opinion.checkingDisabled)
        #expect(query.flags.contains(.authenticData) == opinion.authenticData)
    }

    @Test func responsesAreIgnoredSoThatNoLoopBegins() {
        #expect(received { $0.flags = 0x8100 } == .ignored)
        #expect(received { $0.flags = 0x8183 } == .ignored)
    }

    @Test func whatIsTooShortToHaveAnIdIsIgnored() {
        for count in 0..<12 { #expect(Received([UInt8](repeating: 1, count: count).span) == .ignored) }
    }

    @Test(arguments: 1...15) func otherOperationsAreNotImplemented(_ opcode: Int) {
        #expect(code(received { $0.flags |= UInt16(opcode) << 11 }) == 4)
    }

    @Test func thereIsExactlyOneQuestion() {
        #expect(code(received { $0.questions = [] }) == 1)
        #expect(code(received { $0.questions.append($0.questions[0]) }) == 1)
    }

    @Test func questionsHoldNoAnswers() {
        #expect(code(received { $0.answers = [.address(.of("www.example"), .of("192.0.2.1"))] }) == 1)
        #expect(code(received { $0.authorities = [.soa(.of("example"), ttl: 1, minimum: 1)] }) == 1)
    }

    @Test func thereIsOneOPTAtMostAndItsOwnerIsTheRoot() {
        #expect(code(received { $0.additionals.append(.opt()) }) == 1)
        #expect(code(received { $0.additionals[0].owner = .of("x") }) == 1)
        #expect(code(received { $0.additionals[0].data = [.bytes([0, 10, 0, 9, 1])] }) == 1)
        #expect(code(received { $0.additionals[0].data = [.bytes([0, 10, 0])] }) == 1)
    }

    /// OPT, TSIG and SIG(0) may stand there; who sends thousands of records wants them read.
    @Test func whatStandsBehindTheQuestionIsLittle() {
        let stray = Message.Record.address(.of("x.example"), .of("192.0.2.1"))
        guard case .query(let query) = received({ $0.additionals += [stray, stray] }) else {
            Issue.record("two records besides OPT")
            return
        }
        #expect(query.edns != nil)
        for count in [3, 5000] { #expect(code(received { $0.additionals += [Message.Record](repeating: stray, count: count) }) == 1) }
    }

    @Test func unknownOptionsArePassedOver() {
        let found = received { $0.additionals[0].data = [.bytes([0xFF, 0x00, 0, 2, 1, 2, 0, 10, 0, 0])] }
        guard case .query = found else {
            Issue.record("\(found)")
            return
        }
    }

    @Test(arguments: [1, 255]) func otherVersionsOfEDNSHearOurs(_ version: Int) throws {
        let reply = try #require(received { $0.additionals = [.opt(version: UInt8(version))] }.reply)
        let opinion = try #require(LdnsOpinion(reply))
        #expect(opinion.code == 16)
        #expect(opinion.hasEDNS)
        #expect(opinion.questions == 1)
        // The version in our OPT is the one we speak (RFC 6891 section 6.1.3).
        #expect(Array(reply.suffix(11)) == [0, 0, 41, 0x04, 0xD0, 1, 0, 0, 0, 0, 0])
    }

    @Test func withoutRDTheCacheIsNotOpen() { #expect(code(received { $0.flags = 0 }) == 5) }

    @Test(arguments: [RecordType.axfr, .ixfr, .maila, .mailb, .opt, .tsig, .tkey])
    func zonesAndMetaTypesAreRefused(_ type: RecordType) {
        #expect(code(received { $0.questions = [Question(name: .of("example"), type: type)] }) == 5)
    }

    @Test(arguments: [UInt16(3), 4, 254, 255]) func otherClassesAreRefused(_ number: UInt16) {
        #expect(code(received { $0.questions = [Question(name: .of("version.bind"), type: .txt, class: number)] }) == 5)
    }

    @Test func aQuestionIsNotCompressed() {
        let bytes = [UInt8](hex: "1234 0100 0001 0000 0000 0000 0161 C00C 0001 0001")
        #expect(code(Received(bytes.span)) == 1)
    }

    @Test func recordsThatEndEarlyAreMalformed() {
        var bytes = Message.query(.of("www.example"), .a).bytes
        bytes[11] = 2
        #expect(code(Received(bytes.span)) == 1)
    }

    @Test func theQuestionIsKeptAsItWasWritten() throws {
        let bytes = [UInt8](hex: "1234 0100 0001 0000 0000 0000 03 577757 07 4578416D704C65 00 0001 0001")
        guard case .query(let query) = Received(bytes.span) else {
            Issue.record("not taken")
            return
        }
        #expect(query.question.name == .of("www.example"))
        #expect(query.rawQuestion == Array(bytes[12...]))
    }
}
