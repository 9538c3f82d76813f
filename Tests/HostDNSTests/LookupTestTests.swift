// SPDX-License-Identifier: MIT
import Testing
import Wire

@testable import HostDNS

/// Over real sockets of the loopback interface.
struct LookupTestTests {
    @Test(arguments: [UInt8(0), 2, 5])
    func everyResponseIsAnAnswer(_ code: UInt8) throws {
        let server = try Responder(code: code)
        for question in [LookupTest.Question.root, .localhost] {
            let outcome = LookupTest(question, port: server.port).ask(through: Array("nameserver 127.0.0.1\n".utf8))
            guard case .answered(let found, _, _) = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(found.rawValue == UInt16(code))
        }
    }

    @Test func silenceIsNone() throws {
        let server = try Responder(code: nil)
        let outcome = LookupTest(tries: 2, patience: 50, port: server.port).ask(.v4(0x7F00_0001))
        #expect(!outcome.isAnswer)
        #expect(!LookupTest().ask(through: Array("# nothing\n".utf8)).isAnswer)
    }

    @Test func aTakeoverWithAnAnswerStays() throws {
        let server = try Responder(code: 0)
        let root = TemporaryRoot()
        Kind.plain.prepare(root)
        let takeover = Takeover(paths: root.paths, listeners: [ServerAddress(.v4(0x7F00_0001))])
        #expect(try takeover.take(test: LookupTest(port: server.port)).lookup?.isAnswer == true)
        #expect(takeover.standing.hold == .ours(exact: true))
    }
}
