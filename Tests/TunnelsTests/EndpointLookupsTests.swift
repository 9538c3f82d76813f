// SPDX-License-Identifier: MIT
import Policy
import Testing
import Tunnels
import Wire
import Workbench

/// The search for endpoints that are given by name, without a socket: what is asked, of whom, when, and what is believed.
@Suite struct EndpointLookupsTests {
    private let name = Name("vpn.example")!
    private let one = ServerAddress("198.51.100.53")!
    private let two = ServerAddress("192.168.77.1")!
    private let relay = IPAddress("203.0.113.130")!
    private let six = IPAddress("2001:db8:130::2")!

    private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: 1_000_000 + milliseconds) }

    private func lookups(kept: IPAddress? = nil) -> EndpointLookups {
        var id: UInt16 = 0
        return EndpointLookups([name], kept: kept.map { [name: $0] } ?? [:], at: at(0)) {
            id &+= 40_503
            return id
        }
    }

    private func world(
        _ servers: [ServerAddress]? = nil, _ families: Set<IPAddress.Family> = [.v4, .v6],
        refused: [IPAddress: EndpointRefusal] = [:]
    ) -> EndpointWorld {
        EndpointWorld(servers: servers ?? [one, two], families: families) { refused[$0] }
    }

    private func asked(_ lookups: EndpointLookups) -> [String] {
        lookups.open.map { "\($0.ask.path.rawValue) \($0.ask.server.address) \($0.type)" + ($0.isStream ? " tcp" : "") }
    }

    /// Answers what is open of a type.
    private func answer(
        _ lookups: inout EndpointLookups, _ type: RecordType, _ addresses: [IPAddress], code: UInt8 = 0, _ world: EndpointWorld,
        at now: Instant
    ) -> [EndpointLookups.Event] {
        guard let exchange = lookups.open.first(where: { $0.type == type }) else { return [] }
        return lookups.take(exchange.reply(addresses, code: code), on: exchange.number, world, at: now)
    }

    @Test func bothTypesAreAskedOutsideAndOfPlainServersOnly() {
        var lookups = lookups()
        let secure = ServerAddress("tls://9.9.9.9#dns.example")!
        #expect(lookups.advance(world([secure, one]), at: at(0)) == [])
        #expect(asked(lookups) == ["outside 198.51.100.53 A", "outside 198.51.100.53 AAAA"])
        var other = self.lookups()
        #expect(other.advance(world([secure]), at: at(0)) == [.failed(name, .noServer)])
        #expect(other.open.isEmpty && other.known.isEmpty && other.isSettled(name))
    }

    @Test func anAddressOfIPv4IsTakenAtOnceAndEndsTheSearch() {
        var lookups = lookups()
        _ = lookups.advance(world(), at: at(0))
        #expect(!lookups.isSettled(name))
        #expect(answer(&lookups, .aaaa, [six], world(), at: at(5)) == [], "IPv4 may come yet")
        #expect(answer(&lookups, .a, [relay], world(), at: at(9)) == [.found(name, relay, from: one)])
        #expect(lookups.known == [name: relay])
        #expect(lookups.open.isEmpty && lookups.deadline == nil)
    }

    @Test func withoutAnAddressOfIPv4ThatOfIPv6IsTaken() {
        var lookups = lookups()
        _ = lookups.advance(world(), at: at(0))
        _ = answer(&lookups, .aaaa, [six], world(), at: at(5))
        #expect(answer(&lookups, .a, [], world(), at: at(9)) == [.found(name, six, from: one)])
        var silent = self.lookups()
        _ = silent.advance(world(), at: at(0))
        _ = answer(&silent, .aaaa, [six], world(), at: at(5))
        #expect(silent.advance(world(), at: at(1500)) == [.found(name, six, from: one)], "a server that knows no A in time")
    }

    @Test func ofAFamilyWithoutAWayNothingIsAsked() {
        var lookups = lookups()
        _ = lookups.advance(world(nil, [.v4]), at: at(0))
        #expect(asked(lookups) == ["outside 198.51.100.53 A"])
        var other = self.lookups()
        _ = other.advance(world(nil, [.v6]), at: at(0))
        #expect(asked(other) == ["outside 198.51.100.53 AAAA"])
    }

    @Test(arguments: EndpointRefusal.allCases) func whatCannotBeAnEndpointIsNeverTaken(_ why: EndpointRefusal) {
        let bad = IPAddress("10.20.0.5")!
        let world = world(refused: [bad: why])
        var lookups = lookups()
        _ = lookups.advance(world, at: at(0))
        _ = answer(&lookups, .a, [bad], world, at: at(1))
        _ = answer(&lookups, .aaaa, [], world, at: at(1))
        #expect(asked(lookups) == ["outside 192.168.77.1 A", "outside 192.168.77.1 AAAA"], "the next server may be honest")
        var events: [EndpointLookups.Event] = []
        for time in stride(from: Int64(0), through: 10_000, by: 100) where events.isEmpty {
            events = answer(&lookups, .a, [bad], world, at: at(time)) + answer(&lookups, .aaaa, [], world, at: at(time))
            events += lookups.advance(world, at: at(time))
        }
        #expect(events == [.failed(name, .refused(bad, why, from: two))])
        #expect(lookups.known.isEmpty)
        // Beside a good one it is passed over.
        var mixed = self.lookups()
        _ = mixed.advance(world, at: at(0))
        #expect(answer(&mixed, .a, [bad, relay], world, at: at(1)) == [.found(name, relay, from: one)])
    }

    @Test func silentServersAreAskedTwiceEachAndThenLessAndLessOften() {
        var lookups = lookups()
        var failures: [Int64] = []
        var asked: [String] = []
        for time in stride(from: Int64(0), through: 300_000, by: 50) {
            let before = Set(lookups.open.map(\.number))
            for event in lookups.advance(world(), at: at(time)) {
                #expect(event == .failed(name, .silence))
                failures.append(time)
            }
            if failures.isEmpty {
                asked += lookups.open.filter { !before.contains($0.number) && $0.type == .a }.map { "\($0.ask.server.address)" }
            }
        }
        #expect(asked == ["198.51.100.53", "192.168.77.1", "198.51.100.53", "192.168.77.1"])
        // Six seconds each search, and 1, 2, 4 … 60 s between them.
        #expect(failures == [6000, 13000, 21000, 31000, 45000, 67000, 105_000, 171_000, 237_000])
        #expect(lookups.known.isEmpty)
    }

    @Test func aServerThatHasNothingIsFollowedByTheNext() {
        var lookups = lookups()
        _ = lookups.advance(world(), at: at(0))
        _ = answer(&lookups, .a, [], code: 3, world(), at: at(1))
        _ = answer(&lookups, .aaaa, [], code: 3, world(), at: at(1))
        #expect(answer(&lookups, .a, [relay], world(), at: at(2)) == [.found(name, relay, from: two)])
    }

    @Test func whatTheLastRunKnewCountsOnlyWhenNobodyAnswers() {
        let old = IPAddress("203.0.113.9")!
        var lookups = lookups(kept: old)
        _ = lookups.advance(world([one]), at: at(0))
        #expect(lookups.known.isEmpty)
        _ = lookups.advance(world([one]), at: at(1500))
        #expect(lookups.advance(world([one]), at: at(3000)) == [.kept(name, old, .silence)])
        #expect(lookups.known == [name: old])
        _ = lookups.advance(world([one]), at: at(4000))
        #expect(answer(&lookups, .a, [relay], world([one]), at: at(4001)) == [.found(name, relay, from: one)], "it is searched for on")
        // Rules that send it into the tunnel came since.
        var steered = self.lookups(kept: old)
        let world = world([], refused: [old: .steered])
        #expect(steered.advance(world, at: at(0)) == [.failed(name, .noServer)])
        #expect(steered.known.isEmpty)
    }

    @Test func whatIsGoodStaysWhateverIsAnsweredLater() {
        var lookups = lookups()
        _ = lookups.advance(world([one]), at: at(0))
        _ = answer(&lookups, .a, [relay], world([one]), at: at(1))
        lookups.networkChanged(at: at(1000))
        _ = lookups.advance(world([one]), at: at(1000))
        _ = answer(&lookups, .a, [], code: 2, world([one]), at: at(1001))
        _ = answer(&lookups, .aaaa, [], code: 2, world([one]), at: at(1001))
        #expect(lookups.known == [name: relay])
    }

    @Test func aDeadTunnelsNameIsAskedAgainAndAgain() {
        var lookups = lookups()
        var rounds: [Int64] = []
        func run(_ times: ClosedRange<Int64>) {
            for time in stride(from: times.lowerBound, through: times.upperBound, by: 500) {
                _ = lookups.advance(world(), at: at(time))
                if !lookups.open.isEmpty { rounds.append(time) }
                _ = answer(&lookups, .a, [relay], world(), at: at(time))
            }
        }
        run(0...10_000)
        lookups.set(.none, of: name, at: at(10_000))
        run(10_000...200_000)
        #expect(rounds == [0], "while it is alive, never")
        lookups.set(.another, of: name, at: at(200_000))
        run(200_000...2_500_000)
        #expect(rounds == [0, 200_000, 230_000, 290_000, 410_000, 650_000, 1_130_000, 1_730_000, 2_330_000])
        rounds = []
        lookups.set(.none, of: name, at: at(2_500_000))
        run(2_500_000...4_000_000)
        #expect(rounds.isEmpty)
        lookups.networkChanged(at: at(4_000_000))
        run(4_000_000...4_001_000)
        #expect(rounds == [4_000_000], "another network")
    }

    @Test func whoComesAndGoesIsAskedForAtMostEveryHalfMinute() {
        var lookups = lookups()
        var rounds = 0
        for time in stride(from: Int64(0), to: 300_000, by: 500) {
            lookups.set(time / 500 % 2 == 0 ? .another : .none, of: name, at: at(time))
            _ = lookups.advance(world(), at: at(time))
            if !lookups.open.isEmpty { rounds += 1 }
            _ = answer(&lookups, .a, [relay], world(), at: at(time))
        }
        #expect((2...11).contains(rounds))
    }

    @Test func anAddressStaysWhileItIsAmongTheAnswersUnlessItIsDead() {
        let other = IPAddress("203.0.113.134")!
        var lookups = lookups()
        _ = lookups.advance(world(), at: at(0))
        _ = answer(&lookups, .a, [relay, other], world(), at: at(1))
        lookups.networkChanged(at: at(10))
        _ = lookups.advance(world(), at: at(10))
        #expect(answer(&lookups, .a, [other, relay], world(), at: at(11)) == [.found(name, relay, from: one)])
        lookups.set(.another, of: name, at: at(60_000))
        _ = lookups.advance(world(), at: at(60_000))
        #expect(answer(&lookups, .a, [relay, other], world(), at: at(60_001)) == [.found(name, other, from: one)])
    }

    @Test func whoGuessesIsNotBelieved() {
        let forged = IPAddress("11.66.0.1")!
        var lookups = lookups()
        _ = lookups.advance(world(nil, [.v4]), at: at(0))
        let exchange = lookups.open[0]
        var reply = exchange.reply([forged])
        reply[1] ^= 1
        #expect(lookups.take(reply, on: exchange.number, world(nil, [.v4]), at: at(1)) == [])
        #expect(asked(lookups) == ["outside 198.51.100.53 A tcp"])
        #expect(lookups.take(exchange.reply([forged]), on: exchange.number, world(nil, [.v4]), at: at(2)) == [], "its socket is closed")
        var other = exchange.reply([forged])
        other[13] ^= 1
        let stream = lookups.open[0]
        #expect(lookups.take(other, on: stream.number, world(nil, [.v4]), at: at(3)) == [])
        #expect(lookups.take(stream.reply([relay]), on: stream.number, world(nil, [.v4]), at: at(4)) == [.found(name, relay, from: one)])
    }

    @Test func whatIsCutOffIsAskedByTCP() {
        var lookups = lookups()
        _ = lookups.advance(world(nil, [.v4]), at: at(0))
        let exchange = lookups.open[0]
        var reply = exchange.reply([])
        reply[2] |= 2
        _ = lookups.take(reply, on: exchange.number, world(nil, [.v4]), at: at(1000))
        #expect(asked(lookups) == ["outside 198.51.100.53 A tcp"])
        #expect(lookups.deadline == at(2500))
    }

    @Test func aSocketThatBreaksIsAServerWithoutAnAnswer() {
        var lookups = lookups()
        _ = lookups.advance(world(nil, [.v4]), at: at(0))
        #expect(lookups.lost(lookups.open[0].number, world(nil, [.v4]), at: at(1)) == [])
        #expect(asked(lookups) == ["outside 192.168.77.1 A"])
    }

    @Test func whatIsGivenUpBeginsAnew() {
        var lookups = lookups()
        _ = lookups.advance(world(), at: at(0))
        let former = lookups.open[0]
        lookups.pause(at: at(10))
        #expect(lookups.open.isEmpty)
        #expect(lookups.take(former.reply([relay]), on: former.number, world(), at: at(11)) == [])
        _ = lookups.advance(world(), at: at(5000))
        #expect(asked(lookups) == ["outside 198.51.100.53 A", "outside 198.51.100.53 AAAA"])
        #expect(answer(&lookups, .a, [relay], world(), at: at(5001)) == [.found(name, relay, from: one)])
    }

    @Test func noBytesStopTheSearch() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2000 {
            var lookups = lookups()
            _ = lookups.advance(world([one]), at: at(0))
            for exchange in lookups.open {
                _ = lookups.take(random.mutate(exchange.reply([relay, six])), on: exchange.number, world([one]), at: at(1))
            }
            for time: Int64 in [1500, 3000, 4500, 6000] { _ = lookups.advance(world([one]), at: at(time)) }
            #expect(lookups.isSettled(name))
        }
    }
}

extension EndpointExchange {
    fileprivate var type: RecordType { message[endOfQuestion - 3] == 28 ? .aaaa : .a }

    private var endOfQuestion: Int {
        var end = 12
        while message[end] != 0 { end += Int(message[end]) + 1 }
        return end + 5
    }

    /// The addresses that fit its type.
    fileprivate func reply(_ addresses: [IPAddress], code: UInt8 = 0) -> [UInt8] {
        let fitting = addresses.filter { ($0.family == .v4) == (type == .a) }
        var reply = Array(message[..<2]) + [0x81, 0x80 | code, 0, 1, 0, UInt8(fitting.count), 0, 0, 0, 0] + message[12..<endOfQuestion]
        for address in fitting {
            reply += [0xC0, 12, 0, address.family == .v4 ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, UInt8(address.width / 8)] + address.bytes
        }
        return reply
    }
}
