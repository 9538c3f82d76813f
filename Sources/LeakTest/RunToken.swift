// SPDX-License-Identifier: MIT
internal import Wire

/// The random prefix all names of one run share, and the number that follows it: `k3vq7xw2ma` + `aaf` in front of `.corp.example`.
///
/// A packet is ours if its bytes hold the prefix, wherever that is: any port, protocol or encapsulation in the clear. 50 random bits make a chance
/// match in traffic of others as good as impossible. Letters match in either case, since resolvers may ask with mixed case (DNS 0x20).
/// A name is one label of one query and never split: queries are far below any MTU, and a TCP sender writes them whole.
///
/// Reverse names have no room for a label of ours: there the address itself is random, 48 bits of it, and its last 16 bits are the number.
struct RunToken: Sendable {
    /// Random bytes a token is made of.
    static let randomLength = prefixLength + reverseLength
    static let prefixLength = 10
    static let numberLength = 3
    /// Random nibbles of a reverse name.
    static let reverseLength = 12
    /// Numbers 0 ..< 32,768.
    static let capacity = 1 << (5 * numberLength)
    static let labelLength = prefixLength + numberLength
    /// RFC 4648 section 6, in lower case.
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    private static let digits = Array("0123456789abcdef".utf8)

    private let prefix: BytePattern
    /// The random nibbles as ip6.arpa has them on the wire: each a label of length 1, the last nibble of the address first.
    private let reverse: BytePattern
    /// The random nibbles, the first of the address first.
    private let nibbles: [UInt8]

    /// Takes the low bits of each of `random`; needs at least `randomLength` bytes.
    init?(random: some Collection<UInt8>) {
        guard random.count >= Self.randomLength else { return nil }
        prefix = BytePattern(random.prefix(Self.prefixLength).map { Self.alphabet[Int($0 & 31)] })
        nibbles = random.dropFirst(Self.prefixLength).prefix(Self.reverseLength).map { $0 & 15 }
        reverse = BytePattern(nibbles.reversed().flatMap { [1, Self.digits[Int($0)]] })
    }

    /// The label that marks question `number`; nil when the number is out of range.
    func label(_ number: Int) -> String? {
        guard (0..<Self.capacity).contains(number) else { return nil }
        let digits = [number >> 10, number >> 5, number].map { Self.alphabet[$0 & 31] }
        return String(decoding: prefix.bytes + digits, as: UTF8.self)
    }

    /// The reverse name (RFC 3596 section 2.5) of the address in `network` that marks question `number`; nil when the network is not one of
    /// IPv6 with at most 64 bits, or the number is out of range.
    func reverseName(_ number: Int, in network: Network) -> String? {
        guard (0..<Self.capacity).contains(number), network.length <= 64, case .v6(let high, _) = network.address else { return nil }
        let first = (0..<16).map { UInt8(high >> UInt64(60 - 4 * $0) & 15) }
        let last = (0..<4).map { UInt8(number >> (12 - 4 * $0) & 15) }
        return (first + nibbles + last).reversed().map { String($0, radix: 16) + "." }.joined() + "ip6.arpa"
    }

    /// Every mark in `packet`: the number of the question, or nil where the random part is there without a number.
    func marks(in packet: Span<UInt8>) -> [Int?] {
        prefix.places(in: packet).map { number(in: packet, at: $0 + Self.prefixLength) }
            + reverse.places(in: packet).map { reverseNumber(in: packet, before: $0) }
    }

    private func number(in packet: Span<UInt8>, at start: Int) -> Int? {
        guard start + Self.numberLength <= packet.count else { return nil }
        var number = 0
        for index in start..<(start + Self.numberLength) {
            guard let digit = Self.value(packet[index], Self.alphabet) else { return nil }
            number = number << 5 | digit
        }
        return number
    }

    private func reverseNumber(in packet: Span<UInt8>, before end: Int) -> Int? {
        guard end >= 8 else { return nil }
        var number = 0
        for place in 1...4 {
            let start = end - 2 * place
            guard packet[start] == 1, let digit = Self.value(packet[start + 1], Self.digits) else { return nil }
            number = number << 4 | digit
        }
        return number
    }

    private static func value(_ byte: UInt8, _ alphabet: [UInt8]) -> Int? {
        alphabet.firstIndex { $0 == byte || BytePattern.upper($0) == byte }
    }
}
