// SPDX-License-Identifier: MIT
import Policy
import Steering
import Synchronization
import Testing
import Wire
import Workbench

@testable import Resolving

/// What goes to servers, byte by byte, and what of theirs goes no further.
@Suite struct UpstreamQuestionTests {
    private static let one = ServerAddress(.of("198.51.100.53"))
    private static let two = ServerAddress(.of("198.51.100.54"))
    private let www = Name.of("www.example")
    private let now = Instant(milliseconds: 1000)

    private func world(_ change: (inout Snapshot) -> Void = { _ in }) -> Snapshot {
        var snapshot = Snapshot(
            circumstances: Circumstances(
                setting: .system, state: .connected, systemServers: [Self.one, Self.two], relayServers: [Self.one], tunnelInUse: "office"))
        change(&snapshot)
        return snapshot
    }

    /// Another eight bytes for other bytes (FNV-1a); the daemon's own is SipHash by libsodium.
    private func resolver(_ snapshot: Snapshot) -> Resolver {
        let numbers = Numbers()
        return Resolver(
            snapshot: snapshot, ledger: Ledger(grace: 0),
            hash: { bytes in
                let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
                return (0..<8).map { UInt8(truncatingIfNeeded: hash >> ($0 * 8)) }
            },
            random: { numbers.random.withLock { UInt16.random(in: 0...(.max), using: &$0) } })
    }

    private final class Numbers: Sendable { let random = Mutex(SeededRandom(seed: 7873)) }

    private struct Sent {
        let id: AskID
        let ask: Ask
        let bytes: [UInt8]
    }

    private func ask(
        _ resolver: inout Resolver, _ message: Message, app: App = .normal, token: UInt64 = 1
    ) throws -> (sent: [Sent], replies: [[UInt8]]) {
        resolver.receive(try Query(message), from: Client(token: token, transport: .udp, app: app), at: now)
        return take(&resolver)
    }

    private func take(_ resolver: inout Resolver) -> (sent: [Sent], replies: [[UInt8]]) {
        defer { resolver.effects = [] }
        var sent: [Sent] = []
        var replies: [[UInt8]] = []
        for effect in resolver.effects {
            switch effect {
            case .ask(let id, let ask, _, let bytes): sent.append(Sent(id: id, ask: ask, bytes: bytes))
            case .reply(_, let bytes, _): replies.append(bytes)
            case .close, .commit, .note: break
            }
        }
        return (sent, replies)
    }

    /// The true reply: the question as it was sent, QR and the records behind it.
    private func reply(to sent: Sent, _ answers: [Message.Record] = [], options: [UInt8] = [], code: UInt16 = 0) throws -> [UInt8] {
        let question = try Query(asking: readQuestion(sent.bytes))
        var message = Message(question.question.name, question.question.type, answers)
        message.id = UInt16(sent.bytes[0]) << 8 | UInt16(sent.bytes[1])
        message.flags |= code
        message.additionals = [.opt(options: options)]
        let end = Header.size + question.rawQuestion.count
        return Array(message.bytes[..<Header.size] + sent.bytes[Header.size..<end] + message.bytes[end...])
    }

    private func readQuestion(_ bytes: [UInt8]) throws -> Question {
        var reader = MessageReader(bytes.span, at: Header.size)
        return try reader.question()
    }

    /// RFC 7873 section 4.1: a cookie of our own for each server, path, tunnel and network, and for each address of ours; the same for the same.
    @Test func nobodyIsShownTheCookieOfAnother() throws {
        var seen: [[UInt8]: String] = [:]
        var resolver = resolver(world { $0.racesServers = true })
        func look(_ place: String, _ app: App, _ resolver: inout Resolver) throws {
            for round in 0..<2 {
                let asked = try ask(&resolver, .query(.of("n\(seen.count).r\(round).example"), .a), app: app).sent
                #expect(asked.count == (app == .tunneled ? 1 : 2))
                for sent in asked {
                    let cookie = ReplyWords(sent.bytes).cookie
                    let who = "\(place) \(sent.ask.path.rawValue) \(sent.ask.server)"
                    #expect(cookie.count == 8)
                    #expect(seen[cookie, default: who] == who)
                    seen[cookie] = who
                }
            }
        }
        try look("at home", .normal, &resolver)
        try look("by the office", .tunneled, &resolver)
        #expect(seen.count == 3)
        resolver.adopt(
            world {
                $0.racesServers = true
                $0.circumstances.tunnelInUse = "home"
            }, at: now)
        // What was on its way is asked anew.
        _ = take(&resolver)
        try look("by the home", .tunneled, &resolver)
        #expect(seen.count == 4)
        for (place, network, ours) in [("in a café", 1, []), ("moved", 1, ["192.0.2.1"]), ("moved again", 1, ["192.0.2.2"])]
            as [(String, Int, [String])]
        {
            resolver.adopt(
                world {
                    $0.racesServers = true
                    $0.network = network
                    $0.steeringGuard.ours = Set(ours.map { .of($0) })
                }, at: now)
            _ = take(&resolver)
            try look(place, .normal, &resolver)
        }
        #expect(seen.count == 10)
    }

    /// CVE-2025-5994: an option of the client's does not make another question, and goes no further.
    @Test func fiveHundredSubnetsAreOneQuestion() throws {
        var resolver = resolver(world())
        var sent: [Sent] = []
        for number in 0..<500 as Range<UInt64> {
            var message = Message.query(www, .a)
            let subnet = [10, UInt8(number >> 8), UInt8(number & 255)]
            message.additionals = [.opt(options: [0, 8, 0, 7, 0, 1, 24, 0] + subnet)]
            sent += try ask(&resolver, message, token: number).sent
        }
        #expect(sent.count == 1)
        #expect(sent[0].bytes.count == Header.size + 17 + 11 + 12, "an OPT record with our cookie, and nothing else")
        let packet = try reply(to: sent[0], [.address(www, .of("192.0.2.7"))])
        resolver.reply(to: sent[0].id, packet.span, at: now)
        #expect(take(&resolver).replies.count == 500)
    }

    /// RFC 9567: who is to be told of errors is another's word; we tell nobody, and do not say it on.
    @Test(arguments: [0, 2] as [UInt16]) func agentsThatWantReportsGetNone(_ code: UInt16) throws {
        var resolver = resolver(world { $0.circumstances.systemServers = [Self.one] })
        let sent = try ask(&resolver, .query(www, .a)).sent
        let agent = [5] + Array("agent".utf8) + [4] + Array("test".utf8) + [0]
        let options = [0, 18, 0, UInt8(agent.count)] + agent + [0, 15, 0, 2, 0, 7]
        let packet = try reply(to: sent[0], [.address(www, .of("192.0.2.7"))], options: options, code: code)
        resolver.reply(to: sent[0].id, packet.span, at: now)
        let (asked, replies) = take(&resolver)
        #expect(asked.isEmpty && replies.count == 1)
        #expect(Array(replies[0].suffix(8)) == [0, 6, 0, 15, 0, 2, 0, 7], "the reason, and no agent")
    }

    /// Whatever anybody sends to a socket that waits, a hundred thousand times: what is kept is kept, and the true answer is taken.
    @Test func forgersFlushNothing() throws {
        var resolver = resolver(world())
        let kept = try ask(&resolver, .query(.of("kept.example"), .a)).sent[0]
        let packet = try reply(to: kept, [.address(.of("kept.example"), .of("192.0.2.8"))])
        resolver.reply(to: kept.id, packet.span, at: now)
        _ = take(&resolver)
        let waiting = try ask(&resolver, .query(www, .a)).sent[0]
        let truth = try reply(to: waiting, [.address(www, .of("192.0.2.7"))])
        let forged = try reply(to: waiting, [.address(www, .of("198.51.100.66"))])
        var forgeries = [forged, forged, forged, forged, [], Array(forged.prefix(11)), [UInt8](repeating: 0xFF, count: 40)]
        // Wrong id, QR=0, another operation, another name.
        forgeries[0][0] ^= 1
        forgeries[1][2] &= 0x7F
        forgeries[2][2] |= 0x28
        forgeries[3][Header.size + 1] = 0x78
        for number in 0..<100_000 {
            let forgery = forgeries[number % forgeries.count]
            resolver.reply(to: waiting.id, forgery.span, at: now)
        }
        let (asked, replies) = take(&resolver)
        #expect(asked.count == 1 && replies.isEmpty, "by TCP, once")
        #expect(resolver.counters.foreignReplies == 100_000)
        #expect(resolver.cachedAnswers == 1)
        #expect(try ask(&resolver, .query(.of("kept.example"), .a)).replies.count == 1)
        resolver.reply(to: waiting.id, truth.span, at: now)
        #expect(ReplyWords(take(&resolver).replies[0]).forms("A").contains("reply A 192.0.2.7"))
    }

    /// The name in random case where somebody could forge, and as it was asked elsewhere; a reply in another spelling is taken where none was chosen.
    @Test func namesAreRespelledWhereItHelps() throws {
        for (app, mixes, isRespelled) in [(App.normal, true, true), (.normal, false, false), (.tunneled, true, false)] {
            var resolver = resolver(world { $0.mixesCase = mixes })
            var differing = 0
            for number in 0..<20 {
                let name = Name.of("a-name-of-many-letters-\(number).example")
                let query = try Query(Message.query(name, .a))
                for sent in try ask(&resolver, .query(name, .a), app: app).sent {
                    let spelled = Array(sent.bytes[Header.size..<Header.size + query.rawQuestion.count])
                    if spelled != query.rawQuestion { differing += 1 }
                    #expect(try readQuestion(sent.bytes) == query.question)
                }
            }
            #expect((differing > 15) == isRespelled && (isRespelled || differing == 0))
        }
    }
}

extension Query {
    fileprivate init(_ message: Message) throws {
        guard case .query(let query) = Received(message.bytes.span) else { throw NotAQuery() }
        self = query
    }

    private struct NotAQuery: Error {}
}
