// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Testing
import Wire
import Workbench

/// Much that is to be moved at once is moved in pieces, and questions are answered in between.
@Suite struct ArrearsTests {
    private static let count: UInt32 = 3000
    private let start = Instant(milliseconds: 1_000_000)

    /// A resolver beside the kernel's sets of it.
    private struct World {
        var resolver: Resolver
        var sets: [SteeredRoute: Set<IPAddress>] = [:]
        var largest = 0
        var replies: [[UInt8]] = []
        var asked: (id: AskID, bytes: [UInt8])?

        /// A client asks, and the upstream answers with this address.
        mutating func look(up name: Name, _ address: IPAddress, at now: Instant) throws {
            resolver.receive(Query(asking: Question(name: name, type: .a)), from: Client(token: 1, transport: .udp), at: now)
            carryOut()
            let asked = try #require(asked)
            var reader = MessageReader(asked.bytes.span)
            var message = Message(name, .a, [.address(name, address)])
            message.id = try reader.header().id
            var bytes = message.bytes
            // As it was spelled.
            for index in 12..<12 + name.count { bytes[index] = asked.bytes[index] }
            resolver.reply(to: asked.id, bytes.span, at: now)
            carryOut()
        }

        mutating func carryOut() {
            while !resolver.effects.isEmpty {
                let effects = resolver.effects
                resolver.effects = []
                for effect in effects {
                    switch effect {
                    case .commit(let id, let changes):
                        largest = max(largest, changes.count)
                        for change in changes {
                            switch change.change {
                            case .add: sets[change.route, default: []].insert(change.address)
                            case .remove: sets[change.route, default: []].remove(change.address)
                            }
                        }
                        resolver.committed(id, refused: [])
                    case .reply(_, let bytes, _): replies.append(bytes)
                    case .ask(let id, _, _, let bytes): asked = (id, bytes)
                    case .close, .note: break
                    }
                }
            }
        }
    }

    private static func address(_ number: UInt32) -> IPAddress { .v4(0xCB00_0000 + number) }
    private static func name(_ number: UInt32) -> Name { .of("n\(number).corp.example") }

    private func snapshot(_ rule: String, _ revision: Int) -> Snapshot {
        Snapshot(
            circumstances: Circumstances(setting: .system, systemServers: [ServerAddress(.of("198.51.100.53"))]),
            matcher: Matcher(RuleParser.read(Array(rule.utf8), file: "test").rules), rulesRevision: revision)
    }

    private func given() -> World {
        var world = World(resolver: Resolver(snapshot: snapshot("tunnel corp.example", 1), ledger: Ledger(grace: 60_000)) { 7 })
        for number in 0..<Self.count {
            let owner = Owner(name: Self.name(number), matched: Self.name(number))
            let owed = world.resolver.ledger.owe([Self.address(number)], to: .tunnel, owner: owner, rule: 0, ttl: 300, at: start)
            world.resolver.ledger.settle(owed.changes, refused: [])
            world.sets[.tunnel, default: []].insert(Self.address(number))
        }
        return world
    }

    @Test func aReloadThatMovesMuchLetsQuestionsThrough() throws {
        var world = given()
        world.resolver.adopt(snapshot("direct corp.example", 2), at: start)
        world.carryOut()
        let last = Self.count - 1
        #expect(world.resolver.appliesRules && world.sets[.tunnel]?.contains(Self.address(last)) == true)
        // A name whose turn has not come: its address is there before its answer all the same.
        try world.look(up: Self.name(last), Self.address(last), at: start)
        #expect(world.replies.count == 1 && world.sets[.direct]?.contains(Self.address(last)) == true)
        var pieces = 1
        while world.resolver.appliesRules {
            pieces += 1
            #expect(world.resolver.nextDeadline.map { $0 <= start } == true)
            world.resolver.tick(at: start)
            world.carryOut()
            let owed = world.sets[.tunnel, default: []].union(world.sets[.direct, default: []])
            #expect(owed.count == Self.count, "each is in one set at least at every moment")
            try #require(pieces < 100)
        }
        #expect(pieces > 4 && world.largest <= 1024)
        #expect(world.sets[.tunnel] == [] && world.sets[.direct]?.count == Int(Self.count))
        #expect(world.resolver.nextDeadline == nil)
    }

    @Test func otherRulesMeanwhileBeginAnew() {
        var world = given()
        for (revision, rule) in ["direct corp.example", "tunnel corp.example", "direct other.example"].enumerated() {
            world.resolver.adopt(snapshot(rule, revision + 2), at: start)
            world.carryOut()
        }
        while world.resolver.appliesRules {
            world.resolver.tick(at: start)
            world.carryOut()
        }
        #expect(world.resolver.ledger.count == 0)
        #expect(world.sets.values.allSatisfy { $0.isEmpty })
    }

    /// A flood ends as it came: all at once.
    @Test func whatEndsTogetherGoesInPieces() {
        var world = given()
        let end = start + 360_000
        world.resolver.expireLeases(at: end)
        world.carryOut()
        #expect(world.largest <= 1024 && world.resolver.ledger.count > 0)
        while let due = world.resolver.nextDeadline, due <= end {
            world.resolver.tick(at: end)
            world.carryOut()
        }
        #expect(world.resolver.ledger.count == 0 && world.sets[.tunnel] == [] && world.largest <= 1024)
    }

    /// Clients hold many answers when their rule comes.
    @Test func latecomersComeInPieces() throws {
        var world = World(resolver: Resolver(snapshot: snapshot("tunnel other.example", 1), ledger: Ledger(grace: 60_000)) { 7 })
        for number in 0..<Self.count {
            try world.look(up: Self.name(number), Self.address(number), at: start)
        }
        world.resolver.adopt(snapshot("tunnel corp.example", 2), at: start)
        world.carryOut()
        #expect(world.resolver.appliesRules)
        while world.resolver.appliesRules {
            world.resolver.tick(at: start)
            world.carryOut()
        }
        #expect(world.sets[.tunnel]?.count == Int(Self.count) && world.largest <= 1024)
    }
}
