// SPDX-License-Identifier: MIT
import Steering
import Testing
import Wire
import Workbench

@Suite struct LedgerImageTests {
    private let start = Instant(milliseconds: 5_000_000)
    private let boot = Array("0123456789abcdef".utf8)
    private let wall: Int64 = 1_800_000_000

    private func clock(after seconds: Int64 = 0, wall: Int64 = 0, boot: [UInt8]? = nil) -> ImageClock {
        ImageClock(now: start + seconds * 1000, wall: self.wall + seconds + wall, boot: boot ?? self.boot)
    }

    private func given() -> Ledger {
        var ledger = Ledger(grace: 60_000)
        _ = ledger.give(addresses(3) + [.of("2001:db8::1"), .of("::ffff:192.0.2.255")], "a.example", rule: 3, ttl: 100, at: start)
        _ = ledger.give(addresses(5), to: .direct, "www.b.example", matched: "cdn.example", rule: 4, ttl: 200, at: start)
        ledger.remember([.of("svc.test"), .of("front.test")], of: .of("a.example"), ttl: 100, at: start)
        ledger.remember([.of("long.test")], of: .of("b.example"), ttl: 300, at: start)
        _ = ledger.give([.of("10.0.0.9")], to: .lan, "nas.home", rule: 5, ttl: 300, at: start)
        ledger.adopt([.of("192.0.2.99")], to: .tunnel, at: start)
        return ledger
    }

    private func restored(_ bytes: [UInt8], _ clock: ImageClock) throws -> (ledger: Ledger, count: Int) {
        var ledger = Ledger(grace: 60_000)
        let count = try ledger.restore(bytes.span, clock)
        return (ledger, count)
    }

    private func summary(_ ledger: Ledger) -> Set<String> {
        Set(ledger.all.flatMap { lease in lease.owners.map { "\(lease.route) \(lease.address) \($0.owner) \($0.until)" } })
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let ledger = given()
        let (read, count) = try restored(ledger.image(clock()), clock())
        #expect(count == 12 && summary(read) == summary(ledger))
        #expect(read.all.allSatisfy { $0.owners.allSatisfy { $0.rule == nil } })
        #expect(Set(read.elements(at: start)) == Set(ledger.elements(at: start)))
        // An answer before the table is built anew would be one too late: it is built with them.
        var again = read
        #expect(again.give(addresses(3), "a.example", ttl: 10, at: start).changes == [])
        #expect(again.rematch(at: start) { _ in .init(.tunnel, rule: 1) }.contains { $0.change == .remove && $0.route == .lan })
    }

    @Test func timeGoesOnBetweenTwoRuns() throws {
        let (read, count) = try restored(given().image(clock()), clock(after: 200))
        #expect(count == 6, "those of 160 s and less are over")
        #expect(read.until(.of("10.0.0.9"), .lan) == start + 360_000)
    }

    /// A client that knows what a binding leads to asks for that next, and gets it from its own cache for as long as the TTL runs.
    @Test func targetsOfServicesOutlastARunUntilTheyAreOver() throws {
        let image = given().image(clock())
        let read = try restored(image, clock(after: 50)).ledger.services
        #expect(read.count == 3 && read.origin(of: .of("SVC.test")) == .of("a.example"))
        let later = try restored(image, clock(after: 100)).ledger
        #expect(later.services.count == 1 && later.services.origin(of: .of("long.test")) == .of("b.example"))
        var last = later
        _ = last.expire(at: start + 300_000)
        #expect(last.services.count == 0)
        var changed = later
        changed.remember([.of("new.test")], of: .of("b.example"), ttl: 1, at: start)
        #expect(changed.revision != later.revision, "or nobody would write it down")
    }

    /// Of the version before, which knew no targets.
    @Test func anOlderImageIsRead() throws {
        var ledger = Ledger(grace: 60_000)
        _ = ledger.give(addresses(3), "a.example", ttl: 100, at: start)
        var bytes = Array(ledger.image(clock()).dropLast(8))
        (bytes[8], bytes[10]) = (1, 0)
        bytes += sum(bytes)
        #expect(try restored(bytes, clock()).count == 3)
    }

    /// Within a boot nobody sets the ledger's clock, and it runs on while the machine sleeps.
    @Test func withinABootTheWallClockMayJump() throws {
        for jump in [-1_000_000_000, 1_000_000_000, -3600, 3600] as [Int64] {
            let (read, count) = try restored(given().image(clock()), clock(after: 10, wall: jump))
            #expect(count == 12 && read.until(.of("10.0.0.9"), .lan) == start + 360_000)
        }
    }

    @Test func overABootTheWallClockTells() throws {
        let image = given().image(clock())
        let fresh = Array("another boot.....".utf8.prefix(16))
        func later(_ wall: Int64, up: Int64 = 20) -> ImageClock {
            ImageClock(now: Instant(milliseconds: up * 1000), wall: wall, boot: fresh)
        }
        #expect(try restored(image, later(wall + 100)).count == 11)
        #expect(try restored(image, later(wall + 100)).ledger.until(.of("10.0.0.9"), .lan) == Instant(milliseconds: 280_000))
        #expect(try restored(image, later(wall + 100_000)).count == 0)
        // Set back: no lease gets longer for it, and the time since the boot has passed for certain.
        #expect(try restored(image, later(wall - 100_000)).ledger.until(.of("10.0.0.9"), .lan) == Instant(milliseconds: 360_000))
        #expect(try restored(image, later(wall - 100_000, up: 1000)).count == 0)
        // A machine without a battery begins in 1970: of that clock nothing is believed.
        #expect(try restored(image, later(30)).count == 12)
        let early = given().image(ImageClock(now: start, wall: 30, boot: boot))
        #expect(try restored(early, later(wall)).count == 12)
    }

    @Test func aDamagedImageIsNone() throws {
        let image = given().image(clock())
        for count in 0..<image.count { #expect(throws: ImageError.self) { _ = try restored(Array(image.prefix(count)), clock()) } }
        for index in image.indices {
            var bytes = image
            bytes[index] ^= 0x10
            #expect(throws: ImageError.self, "byte \(index)") { _ = try restored(bytes, clock()) }
        }
        #expect(throws: ImageError.foreign) { _ = try restored(Array("something else altogether".utf8), clock()) }
        #expect(throws: ImageError.foreign) { _ = try restored([], clock()) }
        var newer = image
        newer[8] = 3
        #expect(throws: ImageError.version(3)) { _ = try restored(newer, clock()) }
    }

    /// Somebody who knows the sum may write what he likes: nothing of it stops the process, and what is read is well formed.
    @Test func hostileEntriesAreRefused() throws {
        var random = SeededRandom(seed: 4711)
        let image = given().image(clock())
        var taken = 0
        for _ in 0..<4000 {
            var bytes = Array(image.dropLast(8))
            for _ in 0...Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 12..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes += sum(bytes)
            guard let (ledger, _) = try? restored(bytes, clock()) else { continue }
            taken += 1
            _ = summary(ledger)
        }
        #expect(taken > 100)
    }

    /// As Ledger+image.swift has it.
    private func sum(_ bytes: [UInt8]) -> [UInt8] {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        for start in stride(from: 0, to: bytes.count, by: 8) {
            let word = bytes[start..<min(start + 8, bytes.count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            sum = (sum ^ word) &* 0x100_0000_01B3
            sum ^= sum >> 29
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
    }

    @Test func aSmallerSetTakesWhatItHolds() throws {
        var ledger = Ledger(bounds: Ledger.Bounds(perSet: 2), grace: 0)
        _ = try ledger.restore(given().image(clock()).span, clock())
        for route in SteeredRoute.allCases { for family in IPAddress.Family.allCases { #expect(ledger.count(route, family) <= 2) } }
        #expect(ledger.counters.evictedBySet > 0)
    }
}
