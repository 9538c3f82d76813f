// SPDX-License-Identifier: MIT

/// The random prefix all names of one run share, and the number that follows it: `k3vq7xw2ma` + `aaf` in front of `.corp.example`.
///
/// A packet is ours if its bytes hold the prefix, wherever that is: any port, protocol or encapsulation in the clear. 50 random bits make a chance
/// match in traffic of others as good as impossible. Letters match in either case, since resolvers may ask with mixed case (DNS 0x20).
/// A name is one label of one query and never split: queries are far below any MTU, and a TCP sender writes them whole.
struct RunToken: Sendable {
    static let prefixLength = 10
    static let numberLength = 3
    /// Numbers 0 ..< 32,768.
    static let capacity = 1 << (5 * numberLength)
    static let labelLength = prefixLength + numberLength
    /// RFC 4648 section 6, in lower case.
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    private let prefix: [UInt8]
    /// How far a window moves on when its last byte is this one (Horspool).
    private let skips: [Int]

    /// Takes five bits of each of `random`; needs at least `prefixLength` bytes.
    init?(random: some Sequence<UInt8>) {
        prefix = random.prefix(Self.prefixLength).map { Self.alphabet[Int($0 & 31)] }
        guard prefix.count == Self.prefixLength else { return nil }
        var skips = Array(repeating: Self.prefixLength, count: 256)
        for (index, byte) in prefix.dropLast().enumerated() {
            skips[Int(byte)] = Self.prefixLength - 1 - index
            skips[Int(Self.upper(byte))] = Self.prefixLength - 1 - index
        }
        self.skips = skips
    }

    /// The label that marks question `number`; nil when the number is out of range.
    func label(_ number: Int) -> String? {
        guard (0..<Self.capacity).contains(number) else { return nil }
        let digits = [number >> 10, number >> 5, number].map { Self.alphabet[$0 & 31] }
        return String(decoding: prefix + digits, as: UTF8.self)
    }

    /// Every mark in `packet`: the number of the question, or nil where the prefix is followed by something else or by the end.
    func marks(in packet: Span<UInt8>) -> [Int?] {
        var found: [Int?] = []
        var start = 0
        while start + Self.prefixLength <= packet.count {
            if matches(packet, at: start) {
                found.append(number(in: packet, at: start + Self.prefixLength))
                start += Self.prefixLength
            } else {
                start += skips[Int(packet[start + Self.prefixLength - 1])]
            }
        }
        return found
    }

    private func matches(_ packet: Span<UInt8>, at start: Int) -> Bool {
        for index in prefix.indices {
            let byte = packet[start + index]
            if byte != prefix[index], byte != Self.upper(prefix[index]) { return false }
        }
        return true
    }

    private func number(in packet: Span<UInt8>, at start: Int) -> Int? {
        guard start + Self.numberLength <= packet.count else { return nil }
        var number = 0
        for index in start..<(start + Self.numberLength) {
            guard let digit = Self.alphabet.firstIndex(where: { $0 == packet[index] || Self.upper($0) == packet[index] }) else {
                return nil
            }
            number = number << 5 | digit
        }
        return number
    }

    private static func upper(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & ~0x20 : byte
    }
}
