// SPDX-License-Identifier: MIT
import NIOCore
import NIOHPACK
import Testing
import Wire

@testable import SecureUpstreams

/// What a response to a question by HTTP must be (RFC 8484 section 4.2). How whole servers fare is shown in the lab (Fixtures/lab/secure.sh).
@Suite struct HTTPExchangeTests {
    private static let type = "application/dns-message"
    /// A reply without an id: one address, for a minute.
    private static let message: [UInt8] = [
        0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7,
    ]

    private func exchange() -> HTTPExchange { HTTPExchange(Question(1, Self.message)) }

    private func answer(_ headers: HPACKHeaders, _ body: [UInt8] = message) -> [UInt8]? {
        var exchange = exchange()
        guard case .more = exchange.take(headers, isLast: false),
            case .answer(let message) = exchange.take(ByteBuffer(bytes: body), isLast: true)
        else { return nil }
        return message
    }

    private func refusal(_ headers: HPACKHeaders, isLast: Bool = false) -> String? {
        var exchange = exchange()
        guard case .refused(let error, _) = exchange.take(headers, isLast: isLast) else { return nil }
        return error.text
    }

    @Test(arguments: ["200", "203", "299"], [type, "Application/DNS-Message", type + "; charset=utf-8", type + " ;x"])
    func aMessageOfTheRightTypeIsTheAnswer(_ status: String, _ type: String) {
        #expect(answer([":status": status, "content-type": type]) == Self.message)
    }

    @Test(arguments: ["300", "301", "302", "307", "308", "400", "404", "500", "503", "0", "-200", "2 00", "", "200200"])
    func noOtherStatusIsAnAnswer(_ status: String) { #expect(refusal([":status": status, "content-type": Self.type]) != nil) }

    @Test(arguments: ["text/html", "application/dns-json", "application/dns-messages", ""])
    func noOtherTypeIsAnAnswer(_ type: String) { #expect(refusal([":status": "200", "content-type": type]) != nil) }

    @Test func whatIsMissingIsRefused() {
        #expect(refusal(["content-type": Self.type]) != nil)
        #expect(refusal([":status": "200"]) != nil)
        #expect(refusal([":status": "200", "content-type": Self.type], isLast: true) != nil, "no body")
        #expect(answer([":status": "200", "content-type": Self.type], [0, 0, 1]) == nil)
        #expect(answer([":status": "200", "content-type": Self.type], [1, 1] + Self.message.dropFirst(2)) == nil, "another id than 0")
    }

    @Test func theAgeLowersTheTTL() {
        func ttl(_ age: String) -> UInt8? { answer([":status": "200", "content-type": Self.type, "age": age])?[28] }
        #expect(ttl("0") == 60 && ttl("50") == 10 && ttl("60") == 0 && ttl("4294967295") == 0)
        // What is no number of seconds says nothing.
        #expect(ttl("x") == 60 && ttl("-1") == 60 && ttl("4294967296") == 60)
    }

    @Test func noBodyIsLongerThanAMessage() {
        #expect(refusal([":status": "200", "content-type": Self.type, "content-length": "65536"]) != nil)
        #expect(refusal([":status": "200", "content-type": Self.type, "content-length": "65535"]) == nil)
        var exchange = exchange()
        guard case .more = exchange.take([":status": "200", "content-type": Self.type], isLast: false) else {
            Issue.record("not taken")
            return
        }
        let part = ByteBuffer(repeating: 0, count: 65_535)
        guard case .more = exchange.take(part, isLast: false), case .refused = exchange.take(ByteBuffer(bytes: [0]), isLast: false) else {
            Issue.record("65,536 bytes are taken")
            return
        }
    }

    @Test func interimResponsesHaveAnEnd() {
        var exchange = exchange()
        for _ in 0..<8 {
            guard case .more = exchange.take([":status": "103"], isLast: false) else {
                Issue.record("not passed over")
                return
            }
        }
        guard case .refused = exchange.take([":status": "103"], isLast: false) else {
            Issue.record("no end")
            return
        }
    }
}
