// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Testing
import Wire
import Workbench

/// More questions, or more who ask, than there is room for.
@Suite struct CrowdTests {
    private var resolver: Resolver = {
        var circumstances = Circumstances(
            setting: .system, state: .connected, systemServers: [ServerAddress(.of("198.51.100.53"))],
            relayServers: [ServerAddress(.of("10.64.0.1"))], tunnelInUse: "office")
        circumstances.tunnelOwn = [.of("10.64.0.1")]
        let rules = RuleParser.read(Array("tunnel corp.example\n".utf8), file: "crowd").rules
        return Resolver(
            snapshot: Snapshot(circumstances: circumstances, matcher: Matcher(rules), rulesRevision: 1), ledger: Ledger(grace: 0)
        ) { 7 }
    }()

    private mutating func ask(_ name: String, _ token: UInt64, at now: Int64) -> [Effect] {
        resolver.receive(
            Query(asking: Question(name: .of(name), type: .a)), from: Client(token: token, transport: .udp), at: Instant(milliseconds: now))
        defer { resolver.effects = [] }
        return resolver.effects
    }

    private static func isReply(_ effect: Effect, to token: UInt64) -> Bool {
        if case .reply(let client, _, _) = effect { client.token == token } else { false }
    }

    /// Names that nobody answers fill the table again and again: a slow name in the tunnel is not thrown out for them, and those thrown out are not
    /// said to have failed when they are asked again.
    @Test mutating func aFloodMakesRoomForItself() throws {
        let slow = ask("slow.corp.example", 1, at: 0)
        guard case .ask(let id, _, _, let sent)? = slow.first else { throw Silent() }
        for number in 0..<10_000 {
            let effects = ask("n\(number).silent.example", UInt64(number + 10), at: Int64(number / 10))
            #expect(!effects.contains { Self.isReply($0, to: 1) }, "thrown out by \(number)")
        }
        var answer = sent
        answer[2] |= 0x80
        resolver.reply(to: id, answer.span, at: Instant(milliseconds: 1100))
        #expect(resolver.effects.contains { Self.isReply($0, to: 1) })
        resolver.effects = []
        // Thrown out long ago, and asked again: not told of a failure, but sent.
        let again = ask("n5.silent.example", 2, at: 1100)
        #expect(again.contains { if case .ask = $0 { true } else { false } })
    }

    private struct Silent: Error {}

    /// All who wait are bounded, not only those for one name; who is one too many hears so at once.
    @Test mutating func whoWaitsIsBounded() {
        var refused = 0
        for number in 0..<40_000 {
            let effects = ask("n\(number % 100).silent.example", UInt64(number + 10), at: 0)
            if effects.contains(where: { Self.isReply($0, to: UInt64(number + 10)) }) { refused += 1 }
        }
        #expect(refused == 40_000 - 16_384)
    }

    /// Who asks again for the oldest name does not make it a young one (CVE-2026-42534): it goes when there is no room, and both are told.
    @Test mutating func whoAsksAgainDoesNotStay() {
        for number in 0..<4096 { _ = ask("n\(number).silent.example", UInt64(number + 10), at: Int64(number / 100)) }
        for _ in 0..<3 { #expect(ask("n0.silent.example", 1, at: 41).isEmpty) }
        let effects = ask("one.more.example", 2, at: 41)
        #expect(effects.contains { Self.isReply($0, to: 10) })
        #expect(effects.count { Self.isReply($0, to: 1) } == 3)
        #expect(effects.count { if case .ask = $0 { true } else { false } } == 1)
    }

    /// What sets must not take is counted, by what it is.
    @Test mutating func whatIsGuardedIsCounted() throws {
        guard case .ask(let id, _, _, let sent)? = ask("git.corp.example", 1, at: 0).first else { throw Silent() }
        var reply = Message(
            .of("git.corp.example"), .a,
            ["127.0.0.1", "0.0.0.0", "224.0.0.1", "192.0.2.7"].map { .address(.of("git.corp.example"), .of($0)) })
        reply.id = UInt16(sent[0]) << 8 | UInt16(sent[1])
        resolver.reply(to: id, reply.bytes.span, at: Instant(milliseconds: 1))
        #expect(resolver.counters.guarded == [.loopback: 1, .unspecified: 1, .multicast: 1])
    }
}
