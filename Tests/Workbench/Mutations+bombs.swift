// SPDX-License-Identifier: MIT
import Wire

extension Mutations {
    private static let www: [UInt8] = [3] + Array("www".utf8) + [7] + Array("example".utf8) + [0]

    /// A header with these flags and counts, and the question www.example A.
    private static func head(_ flags: UInt16, answers: Int = 0, additionals: Int = 0) -> [UInt8] {
        let words = [0x1234, flags, 1, UInt16(answers), 0, UInt16(additionals)]
        return words.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } + www + [0, 1, 0, 1]
    }

    private static func record(_ owner: [UInt8], type: UInt16 = 1, _ data: [UInt8] = [192, 0, 2, 1]) -> [UInt8] {
        owner + [UInt8(type >> 8), UInt8(type & 255), 0, 1, 0, 0, 1, 44, UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    private static func pointer(_ place: Int) -> [UInt8] { [UInt8(0xC0 | place >> 8 & 0x3F), UInt8(place & 255)] }

    /// A TXT record full of pointers, each to the one before; then a thousand records whose owners are such chains: nobody looks at more.
    package static var chainedPointers: [UInt8] {
        var message = head(0x8180, answers: 1)
        let start = message.count + 12
        let links = (0..<8100).flatMap { pointer($0 == 0 ? 12 : start + 2 * ($0 - 1)) }
        message += record(pointer(12), type: 16, links)
        var answers = 1
        while answers < 1000 {
            message += record(pointer(start + 2 * (answers % 126)))
            answers += 1
        }
        return message.with(word: UInt16(answers), at: 6)
    }

    /// A thousand records whose owners are one name of 122 labels, each behind a pointer of its own.
    package static var longOwners: [UInt8] {
        var message = head(0x8180)
        let start = message.count + 12
        // Label by label, each with a pointer to the rest: 126 pointers a name.
        var links: [UInt8] = []
        var last = 12 + 4
        for _ in 0..<120 {
            let here = start + links.count
            links += [1, 0x61] + pointer(last)
            last = here
        }
        message += record(pointer(12), type: 16, links)
        var answers = 1
        while answers < 1000 {
            message += record(pointer(last))
            answers += 1
        }
        return message.with(word: UInt16(answers), at: 6)
    }

    /// One set of addresses or names of the asked name, 4,000 at the most.
    /// - Parameter type: 1: A; 5: CNAMEs; 12: PTRs.
    package static func manyRecords(_ type: UInt16, _ count: Int = 4000) -> [UInt8] {
        var message = head(0x8180, answers: count).with(word: type, at: 25)
        for number in 0..<count {
            let (high, low) = (UInt8(number >> 8), UInt8(number & 255))
            message += record(pointer(12), type: type, type == 1 ? [198, 18, high, low] : [1, low] + pointer(high < 8 ? 12 : 16))
        }
        return message
    }

    /// A question with `count` EDNS options of one code and size; 0 and 16,000: as many as fit in a message.
    package static func options(_ code: UInt16, size: Int, count: Int) -> [UInt8] {
        let option = [UInt8(code >> 8), UInt8(code & 255), 0, UInt8(size)] + [UInt8](repeating: 0x61, count: size)
        let data = (0..<min(count, 65_400 / option.count)).flatMap { _ in option }
        return head(0x0100, additionals: 1) + [0, 0, 41, 4, 208, 0, 0, 0, 0, UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    static var bombs: [[UInt8]] {
        var bombs = [chainedPointers, longOwners, manyRecords(1), manyRecords(5, 1000), manyRecords(12, 1000)]
        for flags in [0x0100, 0x8180] as [UInt16] {
            // Nothing behind counts that promise much; a question that is only a pointer, to itself, to another, forward.
            let counts = head(flags)[..<12]
            bombs += [4, 6, 8, 10].map { Array(counts).with(word: 0xFFFF, at: $0) }
            bombs.append(Array(counts[..<4]) + [UInt8](repeating: 0xFF, count: 8))
            for name in [[0xC0, 12], [0xC0, 14, 0xC0, 12], [0xC0, 14, 0], [1, 0x61, 0xC0, 12], [0xC0, 0], [0xFF, 0xFF]] as [[UInt8]] {
                bombs.append(counts + name + [0, 1, 0, 1])
            }
        }
        // Names that grow by their own pointers; owners and targets that lead to each other.
        let start = head(0x8180).count
        bombs.append(head(0x8180, answers: 1) + record([1, 0x61] + pointer(start)))
        bombs.append(head(0x8180, answers: 2) + record(pointer(start + 14)) + record(pointer(start)))
        bombs.append(head(0x8180, answers: 1) + record(pointer(12), type: 5, pointer(start + 12)))
        bombs.append(head(0x8180, answers: 2) + record(pointer(12), type: 5, pointer(12)) + record(pointer(12)))
        bombs.append(head(0x8180, answers: 1) + record(pointer(12), type: 65, [0, 1] + pointer(start + 8) + [0, 4, 0, 4, 127, 0, 0, 1]))
        return bombs
    }

    static var floods: [[UInt8]] {
        (0...20).flatMap { [options($0, size: 0, count: 1000), options($0, size: 8, count: 1000)] } + [options(0, size: 0, count: 16_000)]
    }

    /// Names that mean something to programs that take them for text.
    static var hostileNames: [[UInt8]] {
        let texts = [
            "a.b", "\0", "*", "_dns", "a\\.b", "www.example\0", "\r\n", "%s%n", "../../etc", "\u{1B}[31m", "'\"`$(x)", "xn--", "xn--a",
            "WWW", " ",
        ]
        var labels: [[UInt8]] = texts.map { Array($0.utf8) }
        for byte in [128, 173, 255] as [UInt8] { labels.append([UInt8](repeating: byte, count: 3)) }
        for length in 1...63 as ClosedRange<UInt8> { labels.append(Array(0..<length)) }
        for byte in 0...255 as ClosedRange<UInt8> { labels.append([byte]) }
        var names: [[UInt8]] = labels.map { Self.joined([$0, Array("example".utf8)]) }
        for count in [126, 127, 128] { names.append(Self.joined([[UInt8]](repeating: [0x61], count: count))) }
        for last in [60, 61, 62] { names.append(Self.joined([63, 63, 63, last].map { [UInt8](repeating: 0x61, count: $0) })) }
        var messages: [[UInt8]] = []
        for name in names {
            messages.append(Array(head(0x0100)[..<12]) + name + [0, 1, 0, 1])
            messages.append(Array(head(0x8180, answers: 1)[..<12]) + name + [0, 1, 0, 1] + record(pointer(12)))
        }
        return messages
    }

    private static func joined(_ labels: [[UInt8]]) -> [UInt8] {
        var name: [UInt8] = []
        for label in labels { name += [UInt8(label.count)] + label }
        return name + [0]
    }
}
