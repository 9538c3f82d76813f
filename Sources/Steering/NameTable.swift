// SPDX-License-Identifier: MIT
import Wire

/// Names as runs of bytes, each once, by number: a `Name` has room for 255 bytes, most names have 25.
struct NameTable: Sendable {
    /// The names themselves; what is shared with a copy of the ledger that another thread writes down.
    private(set) var runs = NameRuns()
    private var free: [UInt32] = []
    private var index = SlotIndex()

    /// Different names.
    var count: Int { index.count }

    subscript(_ slot: UInt32) -> Name { runs[slot] }

    func find(_ name: Name) -> UInt32? { index.find(name.hashValue) { runs.matches($0, name) } }

    /// The number of a name, which one more place uses from now on.
    mutating func use(_ name: Name) -> UInt32 {
        if let slot = find(name) {
            runs.slots[Int(slot)].uses += 1
            return slot
        }
        let slot = free.popLast() ?? UInt32(runs.slots.count)
        runs.put(name, at: slot)
        let runs = runs
        index.insert(slot, name.hashValue) { runs[$0].hashValue }
        return slot
    }

    /// One place fewer uses it; the last takes it along.
    mutating func release(_ slot: UInt32) {
        runs.slots[Int(slot)].uses -= 1
        guard runs.slots[Int(slot)].uses == 0 else { return }
        let runs = runs
        index.remove(slot, runs[slot].hashValue) { runs[$0].hashValue }
        free.append(slot)
        self.runs.drop(slot)
    }

    /// The first of a name's entries in the ledger, or `SlotIndex.none`.
    func head(_ slot: UInt32) -> UInt32 { runs.slots[Int(slot)].head }

    /// Its entries; counted up to 65,535.
    func entries(_ slot: UInt32) -> Int { Int(runs.slots[Int(slot)].entries) }
    mutating func countEntries(of slot: UInt32, _ difference: Int) {
        runs.slots[Int(slot)].entries = UInt16(clamping: Int(runs.slots[Int(slot)].entries) + difference)
    }

    mutating func setHead(_ slot: UInt32, _ head: UInt32) { runs.slots[Int(slot)].head = head }
}

/// The bytes of many names, one behind the other.
struct NameRuns: Sendable {
    struct Slot {
        /// Where its bytes begin.
        var offset: UInt32
        /// How many places use it; 0: the slot is free.
        var uses: UInt32
        var head: UInt32
        var count: UInt8
        /// Entries in the ledger.
        var entries: UInt16
    }

    private(set) var bytes: [UInt8] = []
    fileprivate(set) var slots: [Slot] = []
    /// Bytes of names that are gone.
    private var waste = 0

    subscript(_ slot: UInt32) -> Name {
        let run = slots[Int(slot)]
        var name = Name()
        var offset = Int(run.offset)
        let end = offset + Int(run.count) - 1
        while offset < end {
            let length = Int(bytes[offset])
            _ = name.append(label: length) { bytes[offset + 1 + $0] }
            offset += length + 1
        }
        return name
    }

    /// A name's bytes in wire form.
    func wire(_ slot: UInt32) -> ArraySlice<UInt8> {
        let run = slots[Int(slot)]
        return bytes[Int(run.offset)..<Int(run.offset) + Int(run.count)]
    }

    fileprivate func matches(_ slot: UInt32, _ name: Name) -> Bool {
        let run = slots[Int(slot)]
        guard Int(run.count) == name.count else { return false }
        var asked = name.bytes
        for place in 0..<name.count where bytes[Int(run.offset) + place] != asked.byte(at: place) { return false }
        return true
    }

    fileprivate mutating func put(_ name: Name, at slot: UInt32) {
        if bytes.capacity - bytes.count < name.count { makeRoom() }
        let fresh = Slot(offset: UInt32(bytes.count), uses: 1, head: SlotIndex.none, count: UInt8(name.count), entries: 0)
        var added = name.bytes
        for place in 0..<name.count { bytes.append(added.byte(at: place)) }
        if Int(slot) == slots.count { slots.appendTightly(fresh) } else { slots[Int(slot)] = fresh }
    }

    fileprivate mutating func drop(_ slot: UInt32) { waste += Int(slots[Int(slot)].count) }

    /// Takes out what is gone if that is a third of all, else makes room behind.
    private mutating func makeRoom() {
        guard waste > bytes.count / 3 else { return bytes.reserveCapacity(bytes.count + bytes.count / 5 + 1024) }
        var kept: [UInt8] = []
        kept.reserveCapacity((bytes.count - waste) * 6 / 5 + 1024)
        for place in slots.indices where slots[place].uses > 0 {
            let run = slots[place]
            slots[place].offset = UInt32(kept.count)
            kept += bytes[Int(run.offset)..<Int(run.offset) + Int(run.count)]
        }
        bytes = kept
        waste = 0
    }
}
