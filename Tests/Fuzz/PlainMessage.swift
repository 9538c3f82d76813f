// SPDX-License-Identifier: MIT

/// A message read once more, plainly and slowly, by code that shares nothing with Wire: what is handed out is judged by this reading.
struct PlainMessage {
    /// A name in wire form, in lower case, without the root.
    typealias Labels = [UInt8]

    struct Record {
        let owner: Labels
        let type: Int
        let `class`: Int
        let ttl: Int
        let data: Range<Int>
    }

    let bytes: [UInt8]
    let id: Int
    let flags: Int
    private(set) var questions: [(name: Labels, type: Int, class: Int)] = []
    private(set) var answers: [Record] = []
    private(set) var authorities: [Record] = []
    private(set) var additionals: [Record] = []
    /// See `followChain`.
    var chain: Set<Labels> = []
    /// Behind the last record.
    private(set) var end = 12

    /// Nil when a name or record does not end within the message.
    init?(_ bytes: [UInt8], questionsOnly: Bool = false) {
        guard bytes.count >= 12 else { return nil }
        self.bytes = bytes
        id = Self.number(bytes, 0, 2)
        flags = Self.number(bytes, 2, 2)
        for _ in 0..<Self.number(bytes, 4, 2) {
            guard let (name, next) = Self.name(bytes, at: end), next + 4 <= bytes.count else { return nil }
            questions.append((name, Self.number(bytes, next, 2), Self.number(bytes, next + 2, 2)))
            end = next + 4
        }
        if questionsOnly { return }
        for section in 0..<3 {
            for _ in 0..<Self.number(bytes, 6 + 2 * section, 2) {
                guard let (owner, next) = Self.name(bytes, at: end), next + 10 <= bytes.count else { return nil }
                let start = next + 10
                end = start + Self.number(bytes, next + 8, 2)
                guard end <= bytes.count else { return nil }
                let record = Record(
                    owner: owner, type: Self.number(bytes, next, 2), class: Self.number(bytes, next + 2, 2),
                    ttl: Self.number(bytes, next + 4, 4), data: start..<end)
                switch section {
                case 0: answers.append(record)
                case 1: authorities.append(record)
                default: additionals.append(record)
                }
            }
        }
        followChain()
    }

    static func number(_ bytes: [UInt8], _ place: Int, _ size: Int) -> Int {
        bytes[place..<place + size].reduce(0) { $0 << 8 | Int($1) }
    }

    /// A name and where what follows it stands; nil when it does not end, is too long, or has a pointer that leads into the header, not further
    /// back each time (RFC 9267 section 3) or to what does not end before it, or more than 127 of them.
    static func name(_ bytes: [UInt8], at start: Int) -> (Labels, Int)? {
        var name: Labels = []
        var place = start
        var end: Int?
        var (limit, bound, pointers) = (start, bytes.count, 0)
        while true {
            guard place < bound else { return nil }
            let length = Int(bytes[place])
            if length == 0 { return (name, end ?? place + 1) }
            if length >= 0xC0 {
                guard place + 1 < bound else { return nil }
                if end == nil { end = place + 2 }
                place = (length & 0x3F) << 8 | Int(bytes[place + 1])
                pointers += 1
                guard place >= 12, place < limit, pointers <= 127 else { return nil }
                (bound, limit) = (limit, place)
            } else {
                guard length < 64, place + length < bound, name.count + length + 1 < 255 else { return nil }
                name.append(bytes[place])
                name += bytes[(place + 1)...(place + length)].map { (65...90).contains($0) ? $0 + 32 : $0 }
                place += length + 1
            }
        }
    }

    /// Whether `name` is below `other`.
    static func isBelow(_ name: Labels, _ other: Labels) -> Bool {
        var place = 0
        while place < name.count - other.count { place += Int(name[place]) + 1 }
        return place > 0 && place == name.count - other.count && name[place...].elementsEqual(other)
    }
}
