// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// Service bindings before and after hints are taken out: `Fixtures/wire/bindings.txt`.
@Suite struct ServiceBindingTests {
    private static let www = Name.of("www.example")

    private func answer(_ hex: String, _ type: RecordType = .https) throws -> (Answer, Query) {
        var record = Message.Record.https(Self.www, hints: [])
        record.type = type
        record.data = [.bytes([UInt8](hex: hex))]
        let query = try Query(message: .query(Self.www, type))
        return (try #require(Judged(Message(Self.www, type, [record]), to: query).answer), query)
    }

    /// The data of the only record of an answer.
    private func data(_ answer: Answer?) throws -> [UInt8]? {
        guard let answer else { return nil }
        var reader = MessageReader(answer.body.span)
        _ = try reader.header()
        _ = try reader.question()
        let record = try reader.record()
        return Array(answer.body[record.data])
    }

    @Test func hintsAreTakenOutAsTheFixtureSays() throws {
        let lines = Fixture.lines("wire/bindings.txt")
        for line in lines {
            let parts = line.text.split(separator: "|", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            try #require(parts.count == 4, "\(line)")
            for type in [RecordType.https, .svcb] {
                let (whole, query) = try answer(parts[1], type)
                var cut = Cut()
                switch parts[0] {
                case "strip": cut.hints = [.v4, .v6]
                case "strip6": cut.hints = [.v6]
                case "refuse": cut.refused = [.of("127.0.0.1"), .of("::1")]
                case "drop": cut.malformed = true
                default: Issue.record("\(line)")
                }
                let rest = whole.cutting(cut, for: query)
                let expected: [UInt8]? = parts[2] == "nothing" ? nil : parts[2] == "same" ? [UInt8](hex: parts[1]) : [UInt8](hex: parts[2])
                #expect(try data(rest) == expected, "\(line)")
                #expect((rest?.addresses ?? []).map(\.description).joined(separator: ",") == parts[3], "\(line)")
                if let rest, parts[2] != "same" { #expect(LdnsOpinion(query.reply(rest, age: 0))?.answers == 1, "\(line)") }
            }
        }
        #expect(lines.count == 34)
    }

    @Test func oneMalformedRecordCondemnsItsSet() throws {
        let query = try Query(message: .query(Self.www, .https))
        var broken = Message.Record.https(Self.www, hints: [])
        broken.data = [.bytes([UInt8](hex: "0001 00 0004 0003 010203"))]
        let message = Message(Self.www, .https, [.https(Self.www, hints: [.of("203.0.113.5")]), broken])
        let whole = try #require(Judged(message, to: query).answer)
        #expect(whole.addresses == [.of("203.0.113.5")])
        var cut = Cut()
        cut.malformed = true
        #expect(whole.cutting(cut, for: query) == nil)
        #expect(whole.cutting(Cut(), for: query)?.body == whole.body, "opaque where no rule wants it otherwise (RFC 9460 section 4.3)")
    }

    /// The pointer leads somewhere else where the record stands elsewhere.
    @Test func aCompressedTargetIsWrittenOutWhereTheMessageIsWrittenAnew() throws {
        let query = try Query(message: .query(Self.www, .https))
        var record = Message.Record.https(Self.www, hints: [])
        record.data = [.bytes([UInt8](hex: "0001 03737663c010 0004 0004 c0000201"))]
        let stray = Message.Record.address(.of("stray.test"), .of("192.0.2.9"))
        let rest = try #require(Judged(Message(Self.www, .https, [stray, record]), to: query).answer)
        #expect(try data(rest) == [UInt8](hex: "0001 03737663076578616d706c6500 0004 0004 c0000201"))
        #expect(rest.addresses == [.of("192.0.2.1")] && rest.serviceTargets == [.of("svc.example")])
    }

    @Test func targetsAreThoseOfOtherNames() throws {
        #expect(try answer("0001 00").0.serviceTargets == [])
        #expect(try answer("0001 03777777076578616d706c6500").0.serviceTargets == [], "the owner itself")
        #expect(try answer("0000 03737663076578616d706c6500").0.serviceTargets == [.of("svc.example")])
        #expect(try answer("0001 03535643076558616d706c6500 0001 0003 026832").0.serviceTargets == [.of("svc.example")])
        #expect(try answer("0001 c00c").0.serviceTargets == [], "compressed, and the owner itself")
    }
}
