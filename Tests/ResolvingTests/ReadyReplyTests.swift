// SPDX-License-Identifier: MIT
import Policy
import Rules
import Steering
import Testing
import Wire
import Workbench

@testable import Resolving

/// That a ready reply is the one that would be made is looked at in every scenario (`ScenarioRun.ask`). Here: what makes one ready, and what ends it.
@Suite struct ReadyReplyTests {
    private var resolver = Resolver(
        snapshot: Snapshot(circumstances: Circumstances(systemServers: [ServerAddress(.of("198.51.100.53"))])),
        ledger: Ledger(grace: 60_000)
    ) { 7 }
    private let client = Client(token: 1, transport: .udp)
    private var now = Instant(milliseconds: 1_000_000)

    /// What comes at once, as a listener does it: nil when nothing is ready.
    private mutating func ready(_ packet: [UInt8], room: Int = 1232, _ transport: Transport = .udp) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0xEE, count: room)
        var span = bytes.mutableSpan
        guard let size = resolver.reply(to: packet.span, from: .normal, transport, at: now, into: &span) else { return nil }
        return Array(bytes[..<size])
    }

    /// Asks until it is answered, with `answers` from upstream, if it is asked.
    private mutating func ask(_ message: Message, _ answers: [Message.Record] = []) -> [UInt8]? {
        guard case .query(let query) = Received(message.bytes.span) else { return nil }
        resolver.receive(query, from: client, at: now)
        for case .ask(let id, _, _, let bytes) in resolver.effects {
            var reply = Message(query.question.name, query.question.type)
            reply.id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
            reply.answers = answers
            // The question as it was spelled.
            let asked = bytes[12..<12 + query.rawQuestion.count]
            let packet = Array(reply.bytes[..<12] + asked + reply.bytes[asked.endIndex...])
            resolver.reply(to: id, packet.span, at: now)
        }
        defer { resolver.effects = [] }
        for case .reply(_, let bytes, _) in resolver.effects { return bytes }
        return nil
    }

    @Test mutating func whatIsAskedTwiceIsReady() throws {
        let name = Name.of("www.example")
        let query = Message.query(name, .a)
        #expect(ready(query.bytes) == nil)
        let answers = [Message.Record.address(name, .of("192.0.2.7"))]
        _ = ask(query, answers)
        #expect(ready(query.bytes) == nil, "once is not often")
        let made = try #require(ask(query))
        #expect(ready(query.bytes) == made)

        // Another id and spelling, and time that has passed.
        var other = query.bytes
        (other[0], other[1], other[13]) = (0xAB, 0xCD, other[13] ^ 0x20)
        now = now + 2500
        let later = try #require(ready(other))
        #expect(later[..<2] == [0xAB, 0xCD] && later[13] == made[13] ^ 0x20)
        let anew = try #require(ask(query))
        #expect(later[14...] == anew[14...])
        #expect(anew != made, "its TTL has run")

        // Neither another type, class, flag, nor a name that begins or ends like it.
        for (place, value) in [(other.count - 13, 0x1C), (other.count - 12, 3), (3, 0x10), (3, 0x20), (2, 0x09), (2, 0x81), (13, 0x78)] {
            var changed = query.bytes
            changed[place] = UInt8(value)
            #expect(ready(changed) == nil, "byte \(place)")
        }
        #expect(ready(Message.query(.of("ww.example"), .a).bytes) == nil)
        #expect(ready(Message.query(.of("www.example.example"), .a).bytes) == nil)
        #expect(ready(query.bytes, room: made.count - 1) == nil)
        #expect(ready(query.bytes + [0]) == nil)
    }

    @Test mutating func whateverChangesEndsIt() throws {
        let name = Name.of("www.example")
        let query = Message.query(name, .a)
        let answers = [Message.Record.address(name, .of("192.0.2.7"))]
        let changes: [(String, (inout Resolver, Instant) -> Void)] = [
            (
                "rules",
                { resolver, now in
                    var world = resolver.snapshot
                    world.rulesRevision += 1
                    resolver.adopt(world, at: now)
                }
            ),
            ("flushed", { resolver, _ in _ = resolver.flush(name) }),
            ("owed to another", { resolver, now in _ = resolver.ledger.rematch(at: now) { _ in nil } }),
        ]
        for (what, change) in changes {
            for _ in 0..<3 { _ = ask(query, answers) }
            #expect(ready(query.bytes) != nil)
            change(&resolver, now)
            #expect(ready(query.bytes) == nil, "\(what)")
        }
        for _ in 0..<3 { _ = ask(query, answers) }
        now = now + 300_000
        #expect(ready(query.bytes) == nil, "over")
    }

    /// The ring holds what fits; the oldest makes room; nothing is mixed up. More names than fit, with replies of every size.
    @Test mutating func theOldestMakeRoom() throws {
        var table = ReadyReplies()
        var random = SeededRandom(seed: 9)
        var replies: [(packet: [UInt8], reply: [UInt8])] = []
        for number in 0..<40_000 {
            let message = Message.query(.of("n\(number).x\(number % 7).example"), .txt)
            guard case .query(let query) = Received(message.bytes.span) else { throw Failed() }
            var reply = query.reply(.noError)
            reply += (0..<Int.random(in: 0...500, using: &random)).map { _ in UInt8.random(in: 0...(.max), using: &random) }
            table.keep(reply, to: query, .normal, .local, ttls: [], came: now, over: now + 1000, at: now)
            replies.append((message.bytes, reply))
        }
        var found = 0
        for (packet, reply) in replies {
            var room = [UInt8](repeating: 0, count: 1232)
            var span = room.mutableSpan
            guard let query = PlainQuery(packet.span) else { throw Failed() }
            guard let size = table.reply(to: packet.span, query, .normal, limit: 1232, at: now, into: &span)?.size else { continue }
            found += 1
            #expect(Array(room[..<size]) == reply)
        }
        #expect(table.ring.count == ReadyReplies.most)
        #expect(found > 5000 && found < 40_000, "\(found)")
    }

    private struct Failed: Error {}

    /// Lower case by words is lower case by bytes, for every byte a name can hold.
    @Test func caseByWords() {
        for byte in UInt8.min...(.max) {
            let word = UInt64(byte) << 24 | 0x41_00_5A_00_00_C1_40_5B
            var expected: UInt64 = 0
            for place in 0..<8 {
                expected |= UInt64(Name.lowercased(UInt8(truncatingIfNeeded: word >> UInt64(place * 8)))) << UInt64(place * 8)
            }
            #expect(word.lowercasedBytes == expected)
        }
    }
}
