// SPDX-License-Identifier: MIT

/// The bytes of a name, for those who read many of them.
///
/// Each `name[index]` of a name that cannot change copies all of its 255 bytes (Swift 6.3.1, seen in the machine code; a dictionary lookup by
/// name took 175 ns, and takes 55). So reading is `mutating` here, though nothing is changed.
package struct NameBytes: Sendable {
    @usableFromInline var bytes: InlineArray<255, UInt8>
    /// As of the name: the root label included.
    package let count: Int

    init(_ bytes: InlineArray<255, UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    @inlinable @inline(__always) package mutating func byte(at index: Int) -> UInt8 { bytes[index] }

    /// Eight bytes from `index`, the first one lowest; zeros for those past the capacity of a name.
    @inlinable @inline(__always) package mutating func word(at index: Int) -> UInt64 {
        // Name.capacity less eight.
        guard index >= 0, index <= 247 else { return tail(from: index) }
        var word: UInt64 = 0
        // One load, after optimization.
        for offset in 0..<8 { word |= UInt64(bytes[index + offset]) << UInt64(offset * 8) }
        return word
    }

    /// The same, of the name's own bytes only: zeros for those behind its end.
    @inlinable @inline(__always) package mutating func ownWord(at index: Int) -> UInt64 {
        let left = count - index
        return left >= 8 ? word(at: index) : word(at: index) & ~(.max << UInt64(max(0, left) * 8))
    }

    @usableFromInline mutating func tail(from index: Int) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<8 where index + offset < Name.capacity { word |= UInt64(bytes[index + offset]) << UInt64(offset * 8) }
        return word
    }
}
