// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// What becomes of messages on encrypted connections.
@Suite struct StreamMessageTests {
    private static let names = ["a.example", "www.some-longer-name.example", String(repeating: "x", count: 63) + ".example"]

    private func question(_ name: String) throws -> Query { try Query(message: .query(.of(name), .a)) }

    @Test(arguments: names)
    func aPaddedQuestionHasAMultipleOf128BytesAndSaysTheSame(_ name: String) throws {
        let query = try question(name)
        let plain = query.upstream(id: 7)
        let padded = plain.padded()
        #expect(padded.count.isMultiple(of: 128) && padded.count >= plain.count + 4 && padded.count < plain.count + 4 + 128)
        let opinion = try #require(LdnsOpinion(padded))
        #expect(opinion.hasEDNS && opinion.id == 7)
        guard case .query(let read) = Received(padded.span) else {
            Issue.record("not taken")
            return
        }
        #expect(read.question == query.question && read.edns?.payloadSize == EDNS.payloadSize)
        // The option is padding (12), its bytes zero (RFC 7830 section 3).
        let added = Array(padded[plain.count...])
        #expect(Array(added.prefix(4)) == [0, 12, UInt8((added.count - 4) >> 8), UInt8((added.count - 4) & 255)])
        #expect(added.dropFirst(4).allSatisfy { $0 == 0 })
    }

    @Test func whatHasNoOptRecordAtItsEndIsNotPadded() throws {
        let bare = [UInt8](hex: "0007 0100 0001 0000 0000 0000 01 61 00 0001 0001")
        #expect(bare.padded() == bare)
        #expect([UInt8]().padded() == [])
        let whole = try question("a.example").upstream(id: 7)
        for count in whole.indices { #expect(Array(whole.prefix(count)).padded() == Array(whole.prefix(count))) }
        #expect((whole + [0]).padded() == whole + [0])
    }

    @Test func aReplyThatLayInACacheHasLessTime() throws {
        let message = Message(.of("a.example"), .a, [.address(.of("a.example"), .of("192.0.2.7"))])
        let query = try question("a.example")
        let reply = message.bytes
        let fresh = try #require(Judged(reply.span, to: query, id: message.id).answer?.lifetime)
        #expect(fresh > 20)
        #expect(Judged(reply.aged(by: 20).span, to: query, id: message.id).answer?.lifetime == fresh - 20)
        #expect(Judged(reply.aged(by: .max).span, to: query, id: message.id).answer?.lifetime == 0)
        #expect(reply.aged(by: 0) == reply)
        let cut = Array(reply.dropLast())
        #expect(cut.aged(by: 20) == cut)
    }

    @Test func onlyAHeaderHasAnId() {
        #expect([UInt8](repeating: 1, count: 11).messageID == nil)
        #expect([UInt8](repeating: 1, count: 12).messageID == 0x0101)
        #expect([UInt8](repeating: 1, count: 12).with(id: 0xABCD).messageID == 0xABCD)
        #expect([UInt8](repeating: 1, count: 11).with(id: 0xABCD) == [UInt8](repeating: 1, count: 11))
    }

    @Test(arguments: [
        "tls://192.0.2.1#sha256=", "tls://192.0.2.1#sha256=AAAA", "tls://192.0.2.1#a,b",
        "tls://192.0.2.1#sha256=0vXpquxLyCIOUF35vFsUvMfIdKiwjTSoNIbL3s1bN3c",
        "tls://192.0.2.1#sha256=0vXpquxLyCIOUF35vFsUvMfIdKiwjTSoNIbL3s1bN3!=", "tls://192.0.2.1#sha256=====",
    ])
    func aPinThatIsNoneIsNoServer(_ text: String) { #expect(ServerAddress(text) == nil) }

    @Test func whatIsNamedMustHold() throws {
        let pin = "sha256=0vXpquxLyCIOUF35vFsUvMfIdKiwjTSoNIbL3s1bN3c="
        func identity(_ tail: String) throws -> ServerIdentity {
            guard case .tls(let identity) = try #require(ServerAddress("tls://192.0.2.1" + tail)).scheme else {
                throw WireError.truncated(at: 0)
            }
            return identity
        }
        #expect(try identity("").needsAuthority && identity("").name == nil)
        #expect(try identity("#dns.example").needsAuthority)
        #expect(try !identity("#" + pin).needsAuthority && identity("#" + pin).pins[0].prefix(2) == [0xD2, 0xF5])
        #expect(try identity("#dns.example," + pin).needsAuthority)
    }
}
