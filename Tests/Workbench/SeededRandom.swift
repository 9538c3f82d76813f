// SPDX-License-Identifier: MIT

/// SplitMix64: the same numbers in every run, so that a failure can be seen again.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// A copy of `bytes` with one to four changes of the kinds that break parsers: a byte replaced, a bit turned, bytes cut or put in, the
    /// end missing.
    package mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var mutant = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !mutant.isEmpty {
            let place = Int.random(in: 0..<mutant.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0: mutant[place] = UInt8.random(in: 0...255, using: &self)
            case 1: mutant[place] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 2: mutant[place] = [0, 1, 0x3F, 0x40, 0xC0, 0xFF].randomElement(using: &self) ?? 0
            case 3: mutant.removeSubrange(place..<min(mutant.count, place + Int.random(in: 1...8, using: &self)))
            case 4: mutant.insert(UInt8.random(in: 0...255, using: &self), at: place)
            default: mutant.removeLast(mutant.count - place)
            }
        }
        return mutant
    }
}
