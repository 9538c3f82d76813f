// SPDX-License-Identifier: MIT
import Wire

/// A DNS message as tests write it: records as values, compressed or not. It shares no code with what it tests but names and numbers.
package struct Message: Sendable {
    package var id: UInt16 = 0x1234
    /// QR and RD and RA: what a resolver answers.
    package var flags: UInt16 = 0x8180
    package var questions: [Question] = []
    package var answers: [Record] = []
    package var authorities: [Record] = []
    package var additionals: [Record] = []
    /// Whether names are compressed wherever RFC 1035 allows it.
    package var isCompressed = true

    package struct Record: Sendable {
        package var owner: Name
        package var type: RecordType
        package var `class`: UInt16 = Question.internet
        package var ttl: UInt32
        package var data: [Part]
    }

    package enum Part: Sendable {
        case bytes([UInt8])
        case name(Name)
    }

    package init() {}

    /// A reply to a question.
    package init(_ owner: Name, _ type: RecordType, _ answers: [Record] = []) {
        questions = [Question(name: owner, type: type)]
        self.answers = answers
    }

    /// A client's question: RD, and EDNS with 1232 bytes.
    package static func query(_ owner: Name, _ type: RecordType, edns: Bool = true) -> Message {
        var message = Message(owner, type)
        message.flags = 0x0100
        if edns { message.additionals = [.opt()] }
        return message
    }

    package var bytes: [UInt8] {
        var writer = Writer(isCompressed: isCompressed)
        for word in [id, flags] { writer.add(word) }
        for count in [questions.count, answers.count, authorities.count, additionals.count] { writer.add(UInt16(count)) }
        for question in questions {
            writer.add(question.name)
            writer.add(question.type.rawValue)
            writer.add(question.class)
        }
        for record in answers + authorities + additionals { writer.add(record) }
        return writer.bytes
    }

    private struct Writer {
        let isCompressed: Bool
        var bytes: [UInt8] = []
        var places: [Name: Int] = [:]

        mutating func add(_ word: UInt16) { bytes += [UInt8(word >> 8), UInt8(word & 255)] }

        mutating func add(_ name: Name) {
            var rest = name
            while !rest.isRoot {
                if let place = places[rest], isCompressed { return add(0xC000 | UInt16(place)) }
                if bytes.count < 0x4000 { places[rest] = bytes.count }
                bytes += (0...Int(rest[0])).map { rest[$0] }
                rest = rest.parent
            }
            bytes.append(0)
        }

        mutating func add(_ record: Record) {
            add(record.owner)
            add(record.type.rawValue)
            add(record.class)
            add(UInt16(record.ttl >> 16))
            add(UInt16(record.ttl & 0xFFFF))
            let length = bytes.count
            add(UInt16(0))
            for part in record.data {
                switch part {
                case .bytes(let some): bytes += some
                case .name(let name): add(name)
                }
            }
            let count = bytes.count - length - 2
            bytes[length] = UInt8(count >> 8)
            bytes[length + 1] = UInt8(count & 255)
        }
    }
}
