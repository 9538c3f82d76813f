// SPDX-License-Identifier: MIT
import Wire

/// Messages that are wrong in one chosen way, made from valid ones; the same in every run. Ids are the caller's to set.
package struct Mutations: Sendable {
    package private(set) var all: [[UInt8]] = []

    /// - Parameter count: what chosen ways do not give, chance gives.
    package init(count: Int) {
        let valid = Self.valid
        for message in valid {
            all += Self.counts(message) + Self.lengths(message) + Self.flags(message)
            for end in 0..<message.count { all.append(Array(message[..<end])) }
        }
        all += Self.bombs + Self.floods + Self.hostileNames
        var random = SeededRandom(seed: 20_000)
        let made = all.filter { $0.count < 4096 }
        while all.count < count { all.append(random.mutate(made.randomElement(using: &random) ?? [])) }
        // A window of any size holds all kinds.
        all.shuffle(using: &random)
        all.removeLast(all.count - min(count, all.count))
    }

    /// Those of `Fixtures/wire/messages.txt`, and some of each type by our own hand.
    package static let valid: [[UInt8]] = {
        let name = Name.of("www.example")
        let other = Name.of("cdn.example.test")
        var messages: [Message] = [.query(name, .a), .query(name, .aaaa, edns: false), .query(name, .https)]
        var reply = Message(name, .a, [.cname(name, other), .address(other, .of("192.0.2.1")), .address(other, .of("192.0.2.2"))])
        reply.additionals = [.opt(options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 15, 0, 4, 0, 3, 0x68, 0x69])]
        messages.append(reply)
        reply.isCompressed = false
        messages.append(reply)
        messages.append(
            Message(name, .a, [.dname(.of("example"), .of("example.test")), .address(.of("www.example.test"), .of("192.0.2.1"))]))
        messages.append(
            Message(name, .https, [.https(name, target: other, hints: [.of("192.0.2.1"), .of("2001:db8::1")]), .https(name, hints: [])]))
        messages.append(Message(name, .txt, [.txt(name, "one"), .txt(name, "two three"), .txt(name, "")]))
        messages.append(Message(name, .ptr, [.ptr(name, .of("host.example")), .ptr(name, other)]))
        messages.append(Message(name, .aaaa, (0..<20).map { .address(name, .v6(high: 0x2001_0DB8 << 32, low: $0)) }))
        messages.append(Message(name, .a, (0..<16).map { .cname(.of("n\($0).example"), .of("n\($0 + 1).example")) }))
        var negative = Message(name, .aaaa)
        negative.authorities = [.soa(.of("example"), ttl: 300, minimum: 60)]
        messages.append(negative)
        negative.flags |= 3
        messages.append(negative)
        return Fixture.lines("wire/messages.txt").map { [UInt8](hexadecimal: $0.words[2]) } + messages.map(\.bytes)
    }()

    /// Every count of the header by each of 0, 1, 2 and 65535.
    private static func counts(_ message: [UInt8]) -> [[UInt8]] {
        [4, 6, 8, 10].flatMap { place in [0, 1, 2, 0xFFFF].map { message.with(word: $0, at: place) } }
    }

    /// Each bit of the flags turned, each opcode, each response code.
    private static func flags(_ message: [UInt8]) -> [[UInt8]] {
        let flags = message.word(at: 2)
        return (0..<16 as Range<UInt16>).flatMap { number -> [[UInt8]] in
            let words: [UInt16] = [flags ^ 1 << number, flags & 0x87FF | number << 11, flags & 0xFFF0 | number]
            return words.map { message.with(word: $0, at: 2) }
        }
    }

    /// Every length one more and less, none and the most; every pointer to itself, forward, into the header, to another.
    private static func lengths(_ message: [UInt8]) -> [[UInt8]] {
        let places = Anatomy(message)
        var mutants: [[UInt8]] = []
        for place in places.labels {
            for value in [message[place] &- 1, message[place] &+ 1, 0, 63, 64, 0x80, 0xC0, 0xFF] {
                var mutant = message
                mutant[place] = value
                mutants.append(mutant)
            }
        }
        for place in places.lengths {
            let value = message.word(at: place)
            for other in [value &- 1, value &+ 1, 0, 0xFFFF] { mutants.append(message.with(word: other, at: place)) }
        }
        for place in places.pointers {
            let targets =
                [place, place + 2, place - 1, 0, 11, message.count - 1, 0x3FFF] + places.pointers.prefix(8) + places.labels.prefix(8)
            for target in targets { mutants.append(message.with(word: UInt16(0xC000 | target & 0x3FFF), at: place)) }
        }
        return mutants
    }
}

extension [UInt8] {
    init(hexadecimal text: String) {
        let digits = Array<Character>(text)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(String(digits[$0..<$0 + 2]), radix: 16) ?? 0 }
    }

    func word(at place: Int) -> UInt16 { UInt16(self[place]) << 8 | UInt16(self[place + 1]) }

    func with(word: UInt16, at place: Int) -> [UInt8] {
        var copy = self
        copy[place] = UInt8(word >> 8)
        copy[place + 1] = UInt8(word & 255)
        return copy
    }
}
