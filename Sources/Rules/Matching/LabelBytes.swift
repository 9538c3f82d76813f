// SPDX-License-Identifier: MIT
import Wire

/// Bytes in which a name stands, label by label. Reading is `mutating` because of `NameBytes`: nothing is changed.
protocol LabelBytes {
    mutating func byte(at index: Int) -> UInt8
    /// Eight bytes from `index`, the first one lowest.
    mutating func word(at index: Int) -> UInt64
}

/// A name that is looked for.
extension NameBytes: LabelBytes {}

/// A name in the store.
struct StoredName: LabelBytes {
    let bytes: [UInt8]
    var start = 0

    @inline(__always) func byte(at index: Int) -> UInt8 { bytes[start + index] }

    @inline(__always) func word(at index: Int) -> UInt64 { bytes.word(at: start + index) }
}

extension [UInt8] {
    /// Eight bytes from `index`, the first one lowest; zeros for those past the end.
    @inline(__always) func word(at index: Int) -> UInt64 {
        guard index >= 0, index <= count - 8 else { return tail(from: index) }
        var word: UInt64 = 0
        // One load, after optimization.
        for offset in 0..<8 { word |= UInt64(self[index + offset]) << UInt64(offset * 8) }
        return word
    }

    private func tail(from index: Int) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<8 where index + offset < count { word |= UInt64(self[index + offset]) << UInt64(offset * 8) }
        return word
    }
}
