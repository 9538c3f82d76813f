// SPDX-License-Identifier: MIT

/// A run of bytes to be found in packets, letters in either case (Horspool's search).
struct BytePattern: Sendable {
    /// Lower case.
    let bytes: [UInt8]
    /// How far a window moves on when its last byte is this one.
    private let skips: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var skips = Array(repeating: bytes.count, count: 256)
        for (index, byte) in bytes.dropLast().enumerated() {
            skips[Int(byte)] = bytes.count - 1 - index
            skips[Int(Self.upper(byte))] = bytes.count - 1 - index
        }
        self.skips = skips
    }

    /// Where it begins, each time; none overlaps the one before.
    func places(in packet: Span<UInt8>) -> [Int] {
        var found: [Int] = []
        var start = 0
        while start + bytes.count <= packet.count {
            if matches(packet, at: start) {
                found.append(start)
                start += bytes.count
            } else {
                start += skips[Int(packet[start + bytes.count - 1])]
            }
        }
        return found
    }

    private func matches(_ packet: Span<UInt8>, at start: Int) -> Bool {
        for index in bytes.indices {
            let byte = packet[start + index]
            if byte != bytes[index], byte != Self.upper(bytes[index]) { return false }
        }
        return true
    }

    static func upper(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & ~0x20 : byte
    }
}
