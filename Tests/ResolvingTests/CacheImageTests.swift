// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Steering
import Testing
import Wire
import Workbench

/// What a file of kept answers may hold besides answers; what it is for stands in the scenarios `restart-*`.
@Suite struct CacheImageTests {
    private let clock = ImageClock(now: Instant(milliseconds: 1_000_000), wall: 1_800_000_000, boot: [1])

    private func resolver() -> Resolver {
        Resolver(
            snapshot: Snapshot(circumstances: Circumstances(systemServers: [ServerAddress(.of("198.51.100.53"))])), ledger: Ledger(grace: 0)
        ) { 7 }
    }

    private func image() throws -> [UInt8] {
        var resolver = resolver()
        for number in 0..<5 {
            let name = Name.of("n\(number).example")
            resolver.receive(Query(asking: Question(name: name, type: .a)), from: Client(token: 1, transport: .udp), at: clock.now)
            guard case .ask(let id, _, _, let asked)? = resolver.effects.first else { throw Silent() }
            var message = Message(name, .a, [.address(name, .of("192.0.2.\(number)"))])
            message.id = UInt16(asked[0]) << 8 | UInt16(asked[1])
            let bytes = message.bytes
            let spelled = Array(bytes[..<12] + asked[12..<12 + name.count] + bytes[(12 + name.count)...])
            resolver.reply(to: id, spelled.span, at: clock.now)
            resolver.effects = []
        }
        return resolver.cacheImage(clock, network: "home")
    }

    private struct Silent: Error {}

    /// How many answers an image gives.
    private func restored(_ image: [UInt8]) throws(ImageError) -> Int {
        var resolver = resolver()
        return try resolver.restoreCache(image.span, clock, network: "home", number: 0)
    }

    @Test func whatIsDamagedGivesNothing() throws {
        let image = try image()
        #expect(try restored(image) == 5)
        #expect(throws: ImageError.foreign) { try restored(Array("SLUICELS".utf8) + image.dropFirst(8)) }
        #expect(throws: ImageError.version(77)) { try restored(Array(image[..<8]) + [77, 0] + image.dropFirst(10)) }
        for count in 0..<image.count { #expect(throws: ImageError.self) { try restored(Array(image[..<count])) } }
        var random = SeededRandom(seed: 8767)
        for _ in 0..<5000 {
            var damaged = image
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(in: 1...(.max), using: &random)
            }
            if damaged != image { #expect(throws: ImageError.self) { try restored(damaged) } }
        }
    }

    /// What no sum protects from: whoever writes the file is root, and yet nothing that is in it ends the daemon.
    @Test func whatIsDamagedWithARightSumGivesLess() throws {
        let image = try image()
        var random = SeededRandom(seed: 7678)
        for _ in 0..<5000 {
            var damaged = Array(image.dropLast(8))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 10..<damaged.count, using: &random)] = UInt8.random(in: 0...(.max), using: &random)
            }
            damaged.add(ImageSum.of(damaged.span, damaged.count))
            #expect(try restored(damaged) <= 5)
        }
    }

    /// Another boot: the wall clock says how long it was; and what the clock of a machine without a battery says is not believed.
    @Test func timePassesWhileTheMachineIsOff() throws {
        let image = try image()
        for (wall, expected) in [(1_800_000_100, 5), (1_800_000_000 + 90_000, 0)] as [(Int64, Int)] {
            var other = resolver()
            let later = ImageClock(now: Instant(milliseconds: 5000), wall: wall, boot: [2])
            _ = try other.restoreCache(image.span, later, network: "home", number: 0)
            #expect(other.cachedAnswers == 5)
            other.receive(
                Query(asking: Question(name: .of("n1.example"), type: .a)), from: Client(token: 1, transport: .udp), at: later.now)
            let isAnswered = other.effects.contains { effect in
                if case .reply = effect { true } else { false }
            }
            #expect(isAnswered == (expected == 5), "\(wall)")
        }
    }
}
