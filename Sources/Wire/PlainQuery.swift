// SPDX-License-Identifier: MIT

/// A question as most clients write it: one name without pointers, no more than a bare OPT record behind it. Read where it stands, without a copy;
/// what is written otherwise is for `Received`, which says everything of it.
package struct PlainQuery: Sendable {
    /// What of a question, besides its name and type, makes its reply another.
    package struct Traits: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let edns = Traits(rawValue: 1)
        package static let dnssecOK = Traits(rawValue: 2)
        package static let checkingDisabled = Traits(rawValue: 4)
        package static let authenticData = Traits(rawValue: 8)
    }

    package let traits: Traits
    /// The first byte behind the name; type and class stand there.
    package let nameEnd: Int
    /// Bytes of the longest reply by UDP.
    package let payloadSize: Int

    /// Bytes of a bare OPT record.
    private static let optSize = 11

    package init?(_ packet: Span<UInt8>) {
        // Header, root, type and class at least.
        guard packet.count >= Header.size + 5, packet[2] & 0xF9 == 1 else { return nil }
        // One question, no answer, no authority, one additional record at the most.
        guard packet[4] == 0, packet[5] == 1, packet[6] | packet[7] | packet[8] | packet[9] | packet[10] == 0, packet[11] <= 1 else {
            return nil
        }
        var end = Header.size
        while true {
            guard end < packet.count else { return nil }
            let length = Int(packet[end])
            end += length + 1
            if length == 0 { break }
            guard length < 64 else { return nil }
        }
        guard end - Header.size <= Name.capacity else { return nil }
        var traits: Traits = []
        if packet[3] & 0x10 != 0 { traits.insert(.checkingDisabled) }
        if packet[3] & 0x20 != 0 { traits.insert(.authenticData) }
        nameEnd = end
        let rest = packet.count - end - 4
        guard packet[11] == 1 else {
            guard rest == 0 else { return nil }
            self.traits = traits
            payloadSize = 512
            return
        }
        let opt = end + 4
        // The root, OPT, version 0, no options.
        guard rest == Self.optSize, packet[opt] == 0, packet[opt + 1] == 0, packet[opt + 2] == 41, packet[opt + 6] == 0,
            packet[opt + 9] == 0, packet[opt + 10] == 0
        else { return nil }
        traits.insert(.edns)
        if packet[opt + 7] & 0x80 != 0 { traits.insert(.dnssecOK) }
        self.traits = traits
        payloadSize = min(max(512, Int(packet[opt + 3]) << 8 | Int(packet[opt + 4])), Int(EDNS.payloadSize))
    }

    /// The name's bytes, eight at a time, in lower case, as `NameBytes.ownWord` gives them; zeros behind its end.
    /// - Parameter index: from the name's first byte.
    @inlinable @inline(__always) package func word(at index: Int, of packet: Span<UInt8>) -> UInt64 {
        let left = nameEnd - Header.size - index
        // The last ones are read from behind: what stands after the name may be the packet's end.
        let start = left >= 8 ? Header.size + index : nameEnd - 8
        let word = unsafe UInt64(littleEndian: packet.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
        return (left >= 8 ? word : word >> UInt64((8 - left) * 8)).lowercasedBytes
    }

    /// Type and class, as they stand.
    @inlinable @inline(__always) package func typeAndClass(of packet: Span<UInt8>) -> UInt32 {
        unsafe UInt32(bigEndian: packet.bytes.unsafeLoadUnaligned(fromByteOffset: nameEnd, as: UInt32.self))
    }
}

extension Query {
    /// As `PlainQuery` reads them.
    package var traits: PlainQuery.Traits {
        var traits: PlainQuery.Traits = []
        if flags.contains(.checkingDisabled) { traits.insert(.checkingDisabled) }
        if flags.contains(.authenticData) { traits.insert(.authenticData) }
        if let edns {
            traits.insert(.edns)
            if edns.dnssecOK { traits.insert(.dnssecOK) }
        }
        return traits
    }
}

extension UInt64 {
    /// Eight bytes of a name with `A` to `Z` as `a` to `z`. Lengths of labels are below `A`, so they stay.
    @inlinable package var lowercasedBytes: UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        let low = self & ~high
        // The top bit of each byte that is at least `A`, and of each that is over `Z`.
        let fromA = low &+ 0x3F3F_3F3F_3F3F_3F3F
        let overZ = low &+ 0x2525_2525_2525_2525
        return self | ((fromA & ~overZ & ~self & high) >> 2)
    }
}
