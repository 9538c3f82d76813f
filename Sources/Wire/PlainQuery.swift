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
    /// Of name, type, class and traits, keyed for each process: names come from the network.
    package let hash: UInt64
    private let typeAndClass: UInt32

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
        if packet[11] == 0 {
            guard rest == 0 else { return nil }
            payloadSize = 512
        } else {
            let opt = end + 4
            // The root, OPT, version 0, no options.
            guard rest == Self.optSize, packet[opt] == 0, packet[opt + 1] == 0, packet[opt + 2] == 41, packet[opt + 6] == 0,
                packet[opt + 9] == 0, packet[opt + 10] == 0
            else { return nil }
            traits.insert(.edns)
            if packet[opt + 7] & 0x80 != 0 { traits.insert(.dnssecOK) }
            payloadSize = min(max(512, Int(packet[opt + 3]) << 8 | Int(packet[opt + 4])), Int(EDNS.payloadSize))
        }
        self.traits = traits
        typeAndClass = packet.number(at: end)
        var hasher = Hasher()
        var index = 0
        while index < end - Header.size {
            hasher.combine(Self.word(at: index, of: packet, from: Header.size, to: end))
            index += 8
        }
        hash = Self.finish(&hasher, typeAndClass, traits)
    }

    /// Whether name, type and class of `packet`, which this was read of, are those at `offset` of a message; they are in lower case there.
    package func isAsked(by packet: Span<UInt8>, in message: Span<UInt8>, at offset: Int) -> Bool {
        let length = nameEnd - Header.size
        guard offset >= 8, offset + length + 4 <= message.count else { return false }
        var index = 0
        while index < length {
            guard
                Self.word(at: index, of: message, from: offset, to: offset + length)
                    == Self.word(at: index, of: packet, from: Header.size, to: nameEnd)
            else { return false }
            index += 8
        }
        return message.number(at: offset + length) == typeAndClass
    }

    private static func word(at index: Int, of bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt64 {
        let left = end - start - index
        guard left < 8 else { return bytes.word(at: start + index).lowercasedBytes }
        // The last ones are read from behind: what stands after the name may be the packet's end.
        return (bytes.word(at: end - 8) >> UInt64((8 - left) * 8)).lowercasedBytes
    }

    fileprivate static func finish(_ hasher: inout Hasher, _ typeAndClass: UInt32, _ traits: Traits) -> UInt64 {
        hasher.combine(UInt64(typeAndClass) << 32 | UInt64(traits.rawValue))
        return UInt64(bitPattern: Int64(hasher.finalize()))
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

    /// As `PlainQuery` has it.
    package var plainHash: UInt64 {
        var hasher = Hasher()
        var name = question.name.bytes
        for index in stride(from: 0, to: name.count, by: 8) { hasher.combine(name.ownWord(at: index)) }
        return PlainQuery.finish(&hasher, UInt32(question.type.rawValue) << 16 | UInt32(question.class), traits)
    }
}

extension Span<UInt8> {
    /// Eight bytes, the first one lowest.
    fileprivate func word(at offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Four bytes in network order.
    fileprivate func number(at offset: Int) -> UInt32 {
        unsafe UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
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
