// SPDX-License-Identifier: MIT
import Wire

/// Where the labels of a name begin, the first one first.
struct LabelStarts {
    private var starts: InlineArray<128, UInt8> = InlineArray(repeating: 0)
    private(set) var count = 0

    /// - Parameter length: of the name, without its root label.
    @inline(__always) init(_ name: inout some LabelBytes, length: Int) {
        var offset = 0
        while offset < length, count < 128 {
            starts[count] = UInt8(truncatingIfNeeded: offset)
            count += 1
            offset += Int(name.byte(at: offset)) + 1
        }
    }

    @inline(__always) subscript(_ label: Int) -> Int { Int(starts[label]) }
}

/// The hash of a name's end, taken label by label from the last to the first: one pass gives that of every suffix.
struct SuffixHash: Sendable {
    private(set) var value: UInt64

    /// The standard library's own secret of this process, as its dictionaries have: whoever writes a list cannot make all its names collide.
    init() { value = UInt64(bitPattern: Int64(Hasher().finalize())) }

    @inline(__always) mutating func add(_ name: inout some LabelBytes, labelAt start: Int) {
        let length = Int(name.byte(at: start)) + 1
        var offset = 0
        while offset + 8 <= length {
            fold(name.word(at: start + offset))
            offset += 8
        }
        if offset < length { fold(name.word(at: start + offset).first(length - offset)) }
    }

    /// A multiplication whose halves are folded into one, as wyhash does.
    @inline(__always) private mutating func fold(_ word: UInt64) {
        let (high, low) = (value ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        value = (high ^ low) &+ 0xD6E8_FEB8_6659_FD93
    }
}

extension UInt64 {
    /// Its lowest bytes, 1...7 of them; zeros for the others.
    @inline(__always) func first(_ bytes: Int) -> UInt64 { self & ~(.max << UInt64(bytes * 8)) }
}
