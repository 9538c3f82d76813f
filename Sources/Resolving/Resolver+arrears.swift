// SPDX-License-Identifier: MIT
import Steering
import Wire

/// What is still to be done with what clients hold and with what is owed: in pieces, since the kernel takes 5 to 10 µs for each element (it tells
/// whoever listens), and 100,000 at once would hold all questions up for seconds.
///
/// In between the ledger and the kernel's sets agree with each other; what an answer hands out is written before it leaves, like at all times.
struct Arrears {
    /// Entries of the ledger, or records of what was handed out, in one piece: some 10 ms at the most.
    static let piece = 512

    /// Records of what was handed out when the rules came, that these have not been asked about.
    var handedOut = 0..<0
    /// Entries of the ledger that the rules of now have not been asked about.
    var slots = 0..<0
    /// The ledger holds more that is over.
    var expires = false

    var isEmpty: Bool { handedOut.isEmpty && slots.isEmpty && !expires }
}

extension Resolver {
    /// Whether rules that came last are still to be applied to what clients hold or to what is owed.
    package var appliesRules: Bool { !arrears.handedOut.isEmpty || !arrears.slots.isEmpty }

    /// Does the next piece: first what goes in for clients that hold it already.
    mutating func catchUp(at now: Instant) {
        var changes: [SetChange] = []
        var records = Arrears.piece
        while records > 0, changes.count < Arrears.piece, let number = arrears.handedOut.popFirst() {
            records -= 1
            if let record = handedOut.record(number, at: now) {
                changes += steer(record, at: now)
            } else if number < handedOut.numbers.lowerBound, let forgotten = handedOut.forgottenUntil, forgotten > now {
                // It had to make room before its turn.
                lateUntil = forgotten
            }
        }
        if arrears.handedOut.isEmpty { changes += rematchLeases(at: now) }
        if arrears.expires, changes.isEmpty { changes = expired(at: now) }
        // Names that share an address say it twice.
        var seen: Set<SetChange> = []
        commit(changes.filter { seen.insert($0).inserted }, then: [], from: .here)
    }

    /// Removes leases whose time is over from the ledger and the kernel.
    package mutating func expireLeases(at now: Instant) { commit(expired(at: now), then: [], from: .here) }

    private mutating func expired(at now: Instant) -> [SetChange] {
        let changes = ledger.expire(at: now, most: Arrears.piece)
        arrears.expires = ledger.isOverdue(at: now)
        return changes
    }

    /// Gives an answer that a client holds to the rule that wants it now.
    private mutating func steer(_ record: HandedOut.Record, at now: Instant) -> [SetChange] {
        guard case .rule(let claim) = ownership(of: record), let asked = record.asked else { return [] }
        let addresses = record.addresses.filter { refusal(of: $0, claim) == nil }
        let seconds = UInt32(clamping: max(0, record.until - now + 999) / 1000)
        let changes = owe(addresses, to: claim, asked: asked, ttl: seconds, at: now).changes
        // A chain may have been owed to the same rule before.
        if !changes.isEmpty { counters.late += 1 }
        return changes
    }

    private mutating func rematchLeases(at now: Instant) -> [SetChange] {
        let slots = arrears.slots.prefix(Arrears.piece)
        guard !slots.isEmpty else { return [] }
        arrears.slots = slots.upperBound..<arrears.slots.upperBound
        // Who loses its rule is a client's like others now: the rule may come back.
        var released: [(owner: Owner, address: IPAddress, until: Instant)] = []
        let moved = snapshot.rematch(&ledger, slots, at: now) { released.append(($0, $1, $2)) }
        for (owner, address, until) in released where owner != .unknown {
            let aliases = NameList(owner.matched == owner.name ? [] : [owner.matched])
            handedOut.note(owner.name, aliases, [address], until: until + -ledger.grace, at: now)
        }
        return moved
    }
}
