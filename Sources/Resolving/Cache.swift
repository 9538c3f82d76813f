// SPDX-License-Identifier: MIT
import Policy
import Wire

/// Answers, kept for as long as their TTLs say, apart for each partition: nothing learned on one path is served on another.
package struct Cache: Sendable {
    package struct Key: Hashable, Sendable {
        /// Path, tunnel, servers and network: see `Partitions`.
        package let partition: Int
        package let question: Question
        /// DO and CD change what an answer holds (RFC 4035 section 3.2).
        package let dnssecOK: Bool
        package let checkingDisabled: Bool
    }

    private struct Slot {
        let key: Key
        let answer: Answer
        /// The server it came from.
        let ask: Ask
        let came: Instant
        let over: Instant
        /// Asked for since the clock's hand passed.
        var used: Bool
        /// The rules by which it was handed out last.
        var rules: Int?
    }

    private var index: [Key: Int] = [:]
    private var slots: [Slot] = []
    private var hand = 0
    private var bytes = 0
    private let capacity: Int

    /// - Parameter capacity: bytes of answers, with what they cost besides, kept at the most.
    package init(capacity: Int) { self.capacity = capacity }

    package var count: Int { slots.count }

    /// What is kept for a question.
    package struct Found {
        package let answer: Answer
        package let ask: Ask
        /// When its TTLs began to run, and when they are over.
        package let came: Instant
        package let over: Instant
        /// Whether it is handed out for the first time by these rules.
        package let isNew: Bool
    }

    /// The answer; nil when there is none, or its time is over.
    /// - Parameter rules: nil: nobody gets it whom later rules concern, so that the first time is still to come.
    package mutating func find(
        _ key: Key, at now: Instant, rules: Int?
    ) -> Found? {
        guard let place = index[key] else { return nil }
        guard slots[place].over > now else {
            remove(at: place)
            return nil
        }
        slots[place].used = true
        let isNew = rules != nil && slots[place].rules != rules
        if isNew { slots[place].rules = rules }
        let slot = slots[place]
        return Found(answer: slot.answer, ask: slot.ask, came: slot.came, over: slot.over, isNew: isNew)
    }

    /// Keeps an answer that may be kept. The ones nobody asked for lately make room.
    package mutating func insert(_ answer: Answer, from ask: Ask, for key: Key, at now: Instant, rules: Int?) {
        guard let lifetime = answer.lifetime, lifetime > 0 else { return }
        if let place = index[key] { remove(at: place) }
        let cost = Self.cost(answer)
        while bytes + cost > capacity, !slots.isEmpty { sweep(at: now) }
        guard cost <= capacity else { return }
        index[key] = slots.count
        slots.append(
            Slot(
                key: key, answer: answer, ask: ask, came: now, over: now + Int64(lifetime) * 1000, used: false,
                rules: rules))
        bytes += cost
    }

    /// Removes the answers for a name and all below it. Returns how many.
    package mutating func remove(atOrBelow name: Name) -> Int {
        var removed = 0
        for place in slots.indices.reversed() where slots[place].key.question.name.isAtOrBelow(name) {
            remove(at: place)
            removed += 1
        }
        return removed
    }

    /// The answers kept to questions for `name` whose time is not over.
    package func answers(for name: Name, at now: Instant) -> [Answer] {
        slots.filter { $0.over > now && $0.key.question.name == name }.map(\.answer)
    }

    /// Names with a kept answer, each once.
    package func names(atMost count: Int) -> [Name] {
        var seen: Set<Name> = []
        for slot in slots where seen.count < count { seen.insert(slot.key.question.name) }
        return Array(seen)
    }

    /// One step of the clock: spares what was used since the last round, removes the first that was not.
    private mutating func sweep(at now: Instant) {
        if hand >= slots.count { hand = 0 }
        if slots[hand].used, slots[hand].over > now {
            slots[hand].used = false
            hand += 1
        } else {
            remove(at: hand)
        }
    }

    private mutating func remove(at place: Int) {
        bytes -= Self.cost(slots[place].answer)
        index[slots[place].key] = nil
        let last = slots.removeLast()
        if place < slots.count {
            slots[place] = last
            index[last.key] = place
        }
    }

    /// The body, its TTLs, and what key, slot and index cost besides (measured: 10,000 answers and their leases take 22 MB).
    private static func cost(_ answer: Answer) -> Int {
        answer.body.count + answer.ttls.count * 8 + answer.addresses.count * 24 + answer.aliases.wire.count + 1600
    }
}

/// Numbers for what answers must not be mixed of: the servers asked, each on its path, the tunnel in use and the network around.
struct Partitions: Sendable {
    struct Group: Hashable {
        let asks: [Ask]
        let tunnel: String?
        let network: Int
    }

    private var numbers: [Group: Int] = [:]
    private var last = 0

    mutating func number(of group: Group) -> Int {
        if let number = numbers[group] { return number }
        // Groups come from configuration and state, not from questions; those of states long gone are let go.
        if numbers.count > 1024 { numbers.removeAll() }
        last += 1
        numbers[group] = last
        return last
    }
}
