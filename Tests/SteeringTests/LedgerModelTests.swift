// SPDX-License-Identifier: MIT
import Steering
import Testing
import Wire
import Workbench

/// The ledger beside one that is nothing but a list, with a fake clock: answers, refusals, ends, other rules, restarts, full sets.
@Suite struct LedgerModelTests {
    /// One address owed to one owner.
    private struct Item: Hashable {
        let route: SteeredRoute
        let address: IPAddress
        let owner: Owner
        let key: String

        init(route: SteeredRoute, address: IPAddress, owner: Owner) {
            (self.route, self.address, self.owner) = (route, address, owner)
            key = "\(route) \(address)"
        }

        static func == (left: Item, right: Item) -> Bool { left.key == right.key && left.owner == right.owner }
        func hash(into hasher: inout Hasher) { hasher.combine(key) }
    }

    private struct Model {
        var until: [Item: Instant] = [:]
        var rule: [Item: Int] = [:]
        /// What the kernel holds of each set, and until when; nil: for ever.
        var kernel: [String: Instant?] = [:]
        /// What it has held since it is owed.
        var stood: Set<String> = []
        /// What it has refused to take again.
        var refused: Set<String> = []

        var ends: [String: Instant] { Dictionary(until.map { ($0.key.key, $0.value) }) { max($0, $1) } }
        var keys: Set<String> { Set(until.keys.map(\.key)) }

        mutating func write(_ changes: [SetChange], at now: Instant) {
            for change in changes {
                let key = "\(change.route) \(change.address)"
                switch change.change {
                case .add(let seconds):
                    kernel[key] = .some(seconds.map { now + Int64($0) * 1000 })
                    stood.insert(key)
                    refused.remove(key)
                case .remove:
                    kernel[key] = nil
                    stood.remove(key)
                }
            }
        }

        func holds(_ key: String, at now: Instant) -> Bool { kernel[key].map { $0.map { $0 > now } ?? true } ?? false }
    }

    private static let names = (0..<4).map { Name.of("n\($0).corp.example") }
    private static let pool: [IPAddress] =
        (0..<25).map { .v4(0xC633_6400 + $0) } + (0..<8).map { .v6(high: 0x2001_0DB8_0000_0000, low: $0) } + [.of("::ffff:198.51.100.1")]

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func theLedgerAgreesWithANaiveOne(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let grace: Int64 = 120_000
        var ledger = Ledger(grace: grace, stale: 30_000)
        var model = Model()
        var now = Instant(milliseconds: 5_000_000)
        var extended = 0
        for step in 0..<800 {
            now = now + Int64.random(in: 0...8000, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<10: expire(&ledger, &model, now)
            case 10..<13: rematch(&ledger, &model, now, &random)
            case 13..<15: try restart(&ledger, &model, &now, &random)
            case 15: refill(&ledger, &model, now)
            default: extended += answer(&ledger, &model, now, grace, &random)
            }
            if step % 3 == 0 { compare(ledger, model, now, "seed \(seed), step \(step)") }
        }
        #expect(extended > 40)
    }

    private func expire(_ ledger: inout Ledger, _ model: inout Model, _ now: Instant) {
        let before = model.keys
        for (item, until) in model.until where until <= now { model.until[item] = nil }
        let changes = ledger.expire(at: now)
        #expect(Set(changes.map { "\($0.route) \($0.address)" }) == before.subtracting(model.keys))
        #expect(changes.allSatisfy { $0.change == .remove } && Set(changes).count == changes.count)
        model.write(changes, at: now)
    }

    private func answer(_ ledger: inout Ledger, _ model: inout Model, _ now: Instant, _ grace: Int64, _ random: inout SeededRandom) -> Int {
        let route = SteeredRoute.allCases.randomElement(using: &random) ?? .tunnel
        let name = Self.names.randomElement(using: &random) ?? .root
        let owner = Owner(name: name, matched: Bool.random(using: &random) ? name : Self.names.randomElement(using: &random) ?? .root)
        let ttl = UInt32.random(in: 0...300, using: &random)
        let rule = Int.random(in: 0...9, using: &random)
        let addresses = (0..<Int.random(in: 1...4, using: &random)).map { _ in Self.pool.randomElement(using: &random) ?? .v4(1) }
        let owed = ledger.owe(addresses, to: route, owner: owner, rule: rule, ttl: ttl, at: now)
        #expect(owed.excess == [])
        let refused = owed.changes.filter { _ in Int.random(in: 0..<12, using: &random) == 0 }
        ledger.settle(owed.changes, refused: refused)
        model.write(owed.changes.filter { !refused.contains($0) }, at: now)
        var extended = 0
        let lifetime = max(60_000, Int64(ttl) * 1000 + 30_000 + grace)
        let ends = (now.milliseconds + lifetime + 999) / 1000 * 1000
        for address in addresses {
            let item = Item(route: route, address: address, owner: owner)
            if let former = model.until[item], ends > former.milliseconds { extended += 1 }
            model.until[item] = max(model.until[item] ?? now, Instant(milliseconds: ends))
            model.rule[item] = rule
        }
        for change in refused { model.refused.insert("\(change.route) \(change.address)") }
        // What the kernel never had is not owed; what it had once is tried again.
        for change in refused where !model.stood.contains("\(change.route) \(change.address)") {
            for item in model.until.keys where item.route == change.route && item.address == change.address { model.until[item] = nil }
        }
        // Invariant 2: what is handed out is in the kernel, for as long as the TTL and half the grace.
        for address in addresses where !refused.contains(where: { $0.address == address }) {
            let key = "\(route) \(address)"
            let isThere = model.holds(key, at: now)
            #expect(isThere, "\(key) is handed out and not in the kernel")
            let needed = now + (Int64(ttl) * 1000 + grace / 2 - 1000)
            if case .some(.some(let end)) = model.kernel[key] { #expect(end > needed) }
        }
        return extended
    }

    private func rematch(_ ledger: inout Ledger, _ model: inout Model, _ now: Instant, _ random: inout SeededRandom) {
        var verdicts: [Owner: Ledger.Verdict?] = [:]
        for name in Self.names {
            for matched in Self.names {
                let kept = Int.random(in: 0..<8, using: &random) > 0
                let route = SteeredRoute.allCases.randomElement(using: &random) ?? .tunnel
                let rule = Int.random(in: 0...9, using: &random)
                let isPrivate = Bool.random(using: &random)
                verdicts[Owner(name: name, matched: matched)] = .some(kept ? .init(route, rule: rule, allowsPrivate: isPrivate) : nil)
            }
        }
        let refused = Set(Self.pool.filter { _ in Int.random(in: 0..<10, using: &random) == 0 })
        let leaving = Self.pool.randomElement(using: &random)
        func admits(_ address: IPAddress, _ verdict: Ledger.Verdict, _ stands: Bool) -> Bool {
            address != leaving && (stands || !refused.contains(address) || verdict.allowsPrivate)
        }
        // At once, or in pieces.
        let (all, piece) = (ledger.slots, Bool.random(using: &random) ? Int.max : Int.random(in: 1...9, using: &random))
        for first in stride(from: 0, to: all, by: min(piece, max(all, 1))) {
            let slots = first..<min(all, first.addingReportingOverflow(piece).overflow ? all : first + piece)
            let changes = ledger.rematch(slots, at: now, { verdicts[$0] ?? nil }, admits: admits)
            let firstRemoval = changes.firstIndex { $0.change == .remove } ?? changes.endIndex
            #expect(changes[firstRemoval...].allSatisfy { $0.change == .remove }, "what is added comes first")
            ledger.settle(changes, refused: [])
            model.write(changes, at: now)
        }
        var moved: [Item: Instant] = [:]
        for (item, until) in model.until {
            model.until[item] = nil
            let known: Ledger.Verdict? = item.owner == .unknown ? .init(item.route, rule: 0) : verdicts[item.owner] ?? nil
            guard let verdict = known, admits(item.address, verdict, verdict.route == item.route) else { continue }
            let fresh = Item(route: verdict.route, address: item.address, owner: item.owner)
            moved[fresh] = max(moved[fresh] ?? until, until)
            model.rule[fresh] = verdict.rule
        }
        model.until.merge(moved) { max($0, $1) }
    }

    /// A new run: the kernel's sets are gone, the image and the clock go on.
    private func restart(_ ledger: inout Ledger, _ model: inout Model, _ now: inout Instant, _ random: inout SeededRandom) throws {
        let clock = ImageClock(now: now, wall: 1_800_000_000, boot: [1])
        let image = ledger.image(clock)
        now = now + Int64.random(in: 0...60_000, using: &random)
        for (item, until) in model.until where until <= now { model.until[item] = nil }
        ledger = Ledger(grace: 120_000, stale: 30_000)
        let count = try ledger.restore(image.span, ImageClock(now: now, wall: 0, boot: [1]))
        #expect(count == ledger.entryCount)
        (model.kernel, model.stood) = ([:], [])
        model.write(ledger.elements(at: now), at: now)
        // The rules of a new run have not asked yet.
        model.rule = [:]
    }

    private func refill(_ ledger: inout Ledger, _ model: inout Model, _ now: Instant) {
        let changes = ledger.replay(at: now)
        #expect(Set(changes.map { "\($0.route) \($0.address)" }) == Set(model.ends.filter { $0.value > now }.keys))
        ledger.settle(changes, refused: [])
        model.kernel = [:]
        model.write(changes, at: now)
    }

    private func compare(_ ledger: Ledger, _ model: Model, _ now: Instant, _ place: String) {
        let ends = model.ends
        #expect(ledger.count == ends.count && ledger.entryCount == model.until.count, "\(place)")
        for lease in ledger.all {
            let key = "\(lease.route) \(lease.address)"
            #expect(lease.until == ends[key], "\(place): \(key)")
            for holding in lease.owners {
                let item = Item(route: lease.route, address: lease.address, owner: holding.owner)
                #expect(model.until[item] == holding.until, "\(place): \(key)")
                #expect(holding.rule == nil || model.rule[item] == holding.rule, "\(place): \(key)")
            }
            // What stands in the kernel for ever, or long enough; nothing that the ledger does not know.
            let isMissing = lease.route == .tunnel && lease.until > now && !model.holds(key, at: now) && !model.refused.contains(key)
            #expect(!isMissing, "\(place): \(key)")
        }
        let strays = model.kernel.keys.filter { model.holds($0, at: now) && ends[$0] == nil }
        #expect(strays == [], "\(place)")
    }

    /// Whatever is asked, no bound is exceeded, no tunnel address leaves the kernel before its end, and the books agree with each other.
    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func boundsHold(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bounds = Ledger.Bounds(perName: 5, perRule: 20, perSet: 25, total: 60)
        var ledger = Ledger(bounds: bounds, grace: 30_000)
        var handedOut: [IPAddress: Instant] = [:]
        var kernel: Set<IPAddress> = []
        var now = Instant(milliseconds: 5_000_000)
        for step in 0..<3000 {
            now = now + Int64.random(in: 0...2000, using: &random)
            let route: SteeredRoute = Int.random(in: 0..<4, using: &random) == 0 ? .direct : .tunnel
            let ttl = UInt32.random(in: 0...90, using: &random)
            let number = Int.random(in: 0..<80, using: &random)
            let addresses = (0..<Int.random(in: 1...3, using: &random)).map { _ in IPAddress.v4(UInt32.random(in: 0..<120, using: &random))
            }
            let owed = ledger.owe(
                addresses, to: route, owner: .of("n\(number).example"), rule: number % 4, ttl: ttl, at: now)
            #expect(Set(owed.excess).isSubset(of: addresses))
            for change in owed.changes where change.change == .remove {
                #expect(!addresses.contains(change.address) || change.route != route, "seed \(seed), step \(step)")
            }
            ledger.settle(owed.changes, refused: [])
            if Int.random(in: 0..<10, using: &random) == 0 { write(ledger.expire(at: now), &kernel, handedOut, now, seed, step) }
            write(owed.changes, &kernel, handedOut, now, seed, step)
            if route == .tunnel {
                for address in addresses where !owed.excess.contains(address) {
                    #expect(kernel.contains(address), "seed \(seed), step \(step): \(address) is handed out and not in the kernel")
                    handedOut[address] = max(handedOut[address] ?? now, now + max(60_000, Int64(ttl) * 1000 + 30_000))
                }
            }
            #expect(ledger.count(.tunnel, .v4) <= 25 && ledger.count(.direct, .v4) <= 25 && ledger.entryCount <= 60)
            #expect(ledger.count(.tunnel, .v4) == kernel.count)
            guard step % 10 == 0 else { continue }
            let holdings = ledger.all.flatMap(\.owners)
            #expect(holdings.count == ledger.entryCount)
            for rule in 0..<4 { #expect(holdings.count { $0.rule == rule } <= 20) }
            #expect(ledger.leases(of: Name.of("n\(number).example")).count <= 5)
        }
        let counters = ledger.counters
        #expect(counters.excess > 50 && counters.evictions > 200 && counters.folded > 0, "\(counters)")
        #expect(counters.evictedByName > 10 && counters.evictedByRule > 10, "\(counters)")
    }

    private func write(
        _ changes: [SetChange], _ kernel: inout Set<IPAddress>, _ handedOut: [IPAddress: Instant], _ now: Instant, _ seed: UInt64,
        _ step: Int
    ) {
        for change in changes where change.route == .tunnel {
            switch change.change {
            case .add: kernel.insert(change.address)
            case .remove:
                kernel.remove(change.address)
                #expect((handedOut[change.address] ?? now) <= now, "seed \(seed), step \(step): \(change.address) goes before its end")
            }
        }
    }
}
