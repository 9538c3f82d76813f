// SPDX-License-Identifier: MIT
import Policy
import Wire

/// Answers, kept for as long as their TTLs say, apart for each partition: nothing learned on one path is served on another.
package struct Cache: Sendable {
    /// One object: a name is large, and a key stands in several places while its question is asked and kept.
    package final class Key: Hashable, Sendable {
        /// Path, tunnel, servers and network: see `Partitions`.
        package let partition: Int
        package let question: Question
        /// DO and CD change what an answer holds (RFC 4035 section 3.2).
        package let dnssecOK: Bool
        package let checkingDisabled: Bool
        /// Of all of it: a question is looked for in several places.
        private let ownHash: Int

        package init(partition: Int, question: Question, dnssecOK: Bool, checkingDisabled: Bool) {
            self.partition = partition
            self.question = question
            self.dnssecOK = dnssecOK
            self.checkingDisabled = checkingDisabled
            var hasher = Hasher()
            hasher.combine(question)
            hasher.combine(partition << 2 | (dnssecOK ? 2 : 0) | (checkingDisabled ? 1 : 0))
            ownHash = hasher.finalize()
        }

        package static func == (left: Key, right: Key) -> Bool {
            left.ownHash == right.ownHash && left.partition == right.partition && left.dnssecOK == right.dnssecOK
                && left.checkingDisabled == right.checkingDisabled && left.question == right.question
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(ownHash) }
    }

    private struct Slot {
        let key: Key
        let answer: Answer
        /// The server it came from.
        let ask: Ask
        let came: Instant
        let over: Instant
        /// Not asked again before; a refresh has failed.
        var retry = Instant(milliseconds: 0)
        /// Asked for since the clock's hand passed.
        var used: Bool
        /// The rules by which it was handed out last.
        var rules: Int?
    }

    private var index: [Key: Int] = [:]
    private var slots: [Slot] = []
    private var hand = 0
    private var bytes = 0
    /// Bytes of answers, with what they cost besides, kept at the most.
    package var capacity: Int
    /// How long answers are kept after their time, for when nobody gives another (RFC 8767), in milliseconds; 0: not at all.
    package var staleWindow: Int64

    /// RFC 8767 section 5: the failure recheck timer, 30 s at least, in milliseconds.
    static let retryAfter: Int64 = 30_000

    package init(capacity: Int, staleWindow: Int64 = 0) {
        self.capacity = capacity
        self.staleWindow = staleWindow
    }

    package var count: Int { slots.count }

    /// What is kept for a question.
    package struct Found {
        package let answer: Answer
        package let ask: Ask
        /// When its TTLs began to run, and when they are over.
        package let came: Instant
        package let over: Instant
        /// Not asked again before.
        package let retry: Instant
        /// Whether it is handed out for the first time by these rules.
        package let isNew: Bool

        package func isStale(at now: Instant) -> Bool { over <= now }
        /// From here on, whoever asks has it looked up again for the next: in the last tenth of its time.
        package var aging: Instant { over + -((over - came) / 10) }
    }

    /// The answer; nil when there is none, or its time and the window after it are over.
    /// - Parameter rules: nil: nobody gets it whom later rules concern, so that the first time is still to come.
    package mutating func find(
        _ key: Key, at now: Instant, rules: Int?
    ) -> Found? {
        guard let place = index[key] else { return nil }
        guard slots[place].over + staleWindow > now else {
            remove(at: place)
            return nil
        }
        slots[place].used = true
        let isNew = rules != nil && slots[place].rules != rules && slots[place].over > now
        if isNew { slots[place].rules = rules }
        let slot = slots[place]
        return Found(answer: slot.answer, ask: slot.ask, came: slot.came, over: slot.over, retry: slot.retry, isNew: isNew)
    }

    /// A refresh has failed: what is kept is given without another until then.
    mutating func postpone(_ key: Key, until: Instant) {
        if let place = index[key] { slots[place].retry = until }
    }

    /// Keeps an answer that may be kept. The ones nobody asked for lately make room.
    package mutating func insert(_ answer: Answer, from ask: Ask, for key: Key, at now: Instant, rules: Int?) {
        // What was kept is no longer the last word, even where this one may not be kept.
        if let place = index[key] { remove(at: place) }
        guard let lifetime = answer.lifetime, lifetime > 0 else { return }
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

    /// All that is kept: the answer, who gave it, and when.
    func forEach(_ body: (Key, Answer, Ask, Instant) -> Void) { for slot in slots { body(slot.key, slot.answer, slot.ask, slot.came) } }

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
        if slots[hand].used, slots[hand].over + staleWindow > now {
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
    /// What the numbers stand for.
    var groups: [Int: Group] { Dictionary(numbers.map { ($0.value, $0.key) }) { first, _ in first } }

    /// The one asked for last: mostly it is asked for again.
    private var latest: (group: Group, number: Int)?

    mutating func number(of group: Group) -> Int {
        if let latest, latest.group == group { return latest.number }
        let number = find(group)
        latest = (group, number)
        return number
    }

    private mutating func find(_ group: Group) -> Int {
        if let number = numbers[group] { return number }
        // Groups come from configuration and state, not from questions; those of states long gone are let go.
        if numbers.count > 1024 { numbers.removeAll() }
        last += 1
        numbers[group] = last
        return last
    }
}
