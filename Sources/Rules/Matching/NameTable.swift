// SPDX-License-Identifier: MIT
import Wire

/// Finds the rules of a name: open addressing over their places.
///
/// A byte of each hash stands apart, so that most names without a rule are known by an array that is small enough for the processor's cache.
struct NameTable: Sendable {
    typealias Place = RuleStore.Place

    /// The last rule with a name, and whether earlier ones have the same.
    struct Head {
        fileprivate(set) var bits: UInt32

        static let hasEarlier: UInt32 = 1 << 31

        var place: Place { bits & ~Self.hasEarlier }
        var hasEarlier: Bool { bits & Self.hasEarlier != 0 }
    }

    /// Of each slot, a byte of the hash; 0 is empty.
    private var tags: [UInt8]
    private(set) var heads: [Head]
    /// Of each rule that has an earlier one with the same name: that one. By place.
    private var earlier: [(rule: Place, earlier: Place)] = []
    /// Whether any name has so many labels; 63 stands for more.
    private var depths: UInt64 = 0
    let seed = SuffixHash()

    /// Kinds of entries one list can have for a name: exceptions too.
    private static let kindsOfList = 2 * NameKind.allCases.count

    /// Two thirds full, so that a search ends after some five slots.
    /// - Parameter isRepeat: whether the first says nothing that the second has not said; it is left out. Asked of names with more than one rule.
    init(_ store: borrowing RuleStore, isRepeat: (StoredRule, StoredRule) -> Bool) {
        let capacity = store.names == 0 ? 0 : store.names + store.names / 2 + 8
        tags = Array(repeating: 0, count: capacity)
        heads = Array(repeating: Head(bits: 0), count: capacity)
        var place: Place = 0
        // One for all: to make one takes and gives back a reference to the bytes, which is as much work as a hash.
        var name = StoredName(bytes: store.bytes)
        for _ in 0..<store.count {
            let rule = store[place]
            name.start = rule.start
            if rule.kind != nil { insert(rule, &name, store, isRepeat) }
            place = rule.next
        }
    }

    private mutating func insert(
        _ rule: StoredRule, _ name: inout StoredName, _ store: borrowing RuleStore, _ isRepeat: (StoredRule, StoredRule) -> Bool
    ) {
        let starts = LabelStarts(&name, length: rule.length)
        var hash = seed
        for label in stride(from: starts.count - 1, through: 0, by: -1) { hash.add(&name, labelAt: starts[label]) }
        depths |= 1 << UInt64(Swift.min(starts.count, 63))
        let slot = slot(of: hash, &name, from: 0, length: rule.length, in: store)
        var head = Head(bits: rule.place)
        if tags[slot] != 0 {
            // A list stands in one piece, so its own entries are the last ones.
            for other in chain(heads[slot]).prefix(Self.kindsOfList) where isRepeat(rule, store[other]) { return }
            earlier.append((rule.place, heads[slot].place))
            head.bits |= Head.hasEarlier
        }
        tags[slot] = Self.tag(hash)
        heads[slot] = head
    }

    private static func tag(_ hash: SuffixHash) -> UInt8 { Swift.max(1, UInt8(truncatingIfNeeded: hash.value)) }

    /// Whether a name of so many labels can be found.
    @inline(__always) func holds(labels: Int) -> Bool { depths >> UInt64(Swift.min(labels, 63)) & 1 != 0 }

    /// The last rule whose name is the end of `name` from `offset`; nil if there is none.
    @inline(__always)
    func find(_ hash: SuffixHash, _ name: inout some LabelBytes, from offset: Int, length: Int, in store: borrowing RuleStore) -> Head? {
        let slot = slot(of: hash, &name, from: offset, length: length, in: store)
        return tags[slot] == 0 ? nil : heads[slot]
    }

    /// The slot of a name, or the empty one where it would stand.
    @inline(__always)
    private func slot(
        of hash: SuffixHash, _ name: inout some LabelBytes, from offset: Int, length: Int, in store: borrowing RuleStore
    ) -> Int {
        let tag = Self.tag(hash)
        var slot = Int(truncatingIfNeeded: hash.value.multipliedFullWidth(by: UInt64(tags.count)).high)
        while tags[slot] != 0 {
            if tags[slot] == tag {
                let rule = store[heads[slot].place]
                if rule.length == length, store.bytes.isEqual(at: rule.start, &name, from: offset, length: length) { return slot }
            }
            slot = slot + 1 == tags.count ? 0 : slot + 1
        }
        return slot
    }

    /// All rules of a name, the last one first.
    func chain(_ head: Head) -> some Sequence<Place> {
        sequence(first: head.place) { place in head.hasEarlier ? earlier(than: place) : nil }
    }

    private func earlier(than place: Place) -> Place? {
        let index = earlier.partition { $0.rule >= place }
        return index < earlier.count && earlier[index].rule == place ? earlier[index].earlier : nil
    }
}

extension [UInt8] {
    @inline(__always)
    fileprivate func isEqual(at start: Int, _ name: inout some LabelBytes, from offset: Int, length: Int) -> Bool {
        var index = 0
        while index + 8 <= length {
            if word(at: start + index) != name.word(at: offset + index) { return false }
            index += 8
        }
        if index == length { return true }
        return (word(at: start + index) ^ name.word(at: offset + index)).first(length - index) == 0
    }
}
