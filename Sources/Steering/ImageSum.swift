// SPDX-License-Identifier: MIT

/// The eight bytes at the end of an image: against damage, not against malice, since the folder is root's.
package enum ImageSum {
    /// Of the first `count` bytes: eight a step, FNV-1a's way.
    package static func of(_ bytes: Span<UInt8>, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        var index = 0
        while index < count {
            var word: UInt64 = 0
            var shift: UInt64 = 0
            while shift < 64, index < count {
                word |= UInt64(bytes[index]) << shift
                shift += 8
                index += 1
            }
            sum = (sum ^ word) &* 0x100_0000_01B3
            sum ^= sum >> 29
        }
        return sum
    }

    /// Whether an image ends with the sum of what stands before.
    package static func isRight(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 8 else { return false }
        var last = ImageReader(bytes)
        last.offset = bytes.count - 8
        return last.number() == of(bytes, bytes.count - 8)
    }
}
