// SPDX-License-Identifier: MIT

/// Finds numbers of slots by a hash that their keeper computes: 5 to 11 bytes an entry, where a dictionary of the keys takes 50 and more.
///
/// Open addressing with linear probing, at most three quarters full. The hash must be a keyed one wherever its input comes from the network.
struct SlotIndex: Sendable {
    /// No slot has this number.
    static let none = UInt32.max

    private var places: [UInt32] = []
    private(set) var count = 0

    private var mask: Int { places.count - 1 }

    func find(_ hash: Int, _ isWanted: (UInt32) -> Bool) -> UInt32? {
        guard !places.isEmpty else { return nil }
        var place = hash & mask
        // Ends: a quarter of the places is empty.
        while places[place] != Self.none {
            if isWanted(places[place]) { return places[place] }
            place = (place + 1) & mask
        }
        return nil
    }

    /// - Parameter rehash: the hash of a slot that is in already.
    mutating func insert(_ slot: UInt32, _ hash: Int, rehash: (UInt32) -> Int) {
        if places.isEmpty {
            places = [UInt32](repeating: Self.none, count: 16)
        } else if (count + 1) * 4 > places.count * 3 {
            let former = places
            places = [UInt32](repeating: Self.none, count: former.count * 2)
            for slot in former where slot != Self.none { put(slot, rehash(slot)) }
        }
        put(slot, hash)
        count += 1
    }

    private mutating func put(_ slot: UInt32, _ hash: Int) {
        var place = hash & mask
        while places[place] != Self.none { place = (place + 1) & mask }
        places[place] = slot
    }

    /// Closes the gap, so that no search ends too early. The slot must be in.
    mutating func remove(_ slot: UInt32, _ hash: Int, rehash: (UInt32) -> Int) {
        guard !places.isEmpty else { return }
        var gap = hash & mask
        while places[gap] != slot {
            guard places[gap] != Self.none else { return }
            gap = (gap + 1) & mask
        }
        count -= 1
        var place = (gap + 1) & mask
        while places[place] != Self.none {
            let home = rehash(places[place]) & mask
            // It may move into the gap unless its home lies between the gap and its place.
            if (place - home) & mask >= (place - gap) & mask {
                places[gap] = places[place]
                gap = place
            }
            place = (place + 1) & mask
        }
        places[gap] = Self.none
    }
}

extension Array {
    /// Appends with a fifth of room to spare, where the array itself would double.
    mutating func appendTightly(_ element: Element) {
        if count == capacity { reserveCapacity(count + count / 5 + 16) }
        append(element)
    }
}
