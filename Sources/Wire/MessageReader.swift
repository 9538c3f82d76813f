// SPDX-License-Identifier: MIT

/// A cursor over a message as it came from the network. Every read is bounds-checked and says where it failed.
package struct MessageReader: ~Copyable, ~Escapable {
    private let packet: Span<UInt8>
    /// The next byte to read, from the message's start.
    package private(set) var offset: Int

    @_lifetime(copy packet)
    package init(_ packet: Span<UInt8>, at offset: Int = 0) {
        self.packet = packet
        self.offset = offset
    }

    package var isAtEnd: Bool { offset >= packet.count }

    @_lifetime(self: copy self)
    package mutating func byte() throws(WireError) -> UInt8 {
        guard offset < packet.count else { throw .truncated(at: offset) }
        defer { offset += 1 }
        return packet[offset]
    }

    @_lifetime(self: copy self)
    package mutating func uint16() throws(WireError) -> UInt16 {
        guard offset + 2 <= packet.count else { throw .truncated(at: offset) }
        defer { offset += 2 }
        return UInt16(packet[offset]) << 8 | UInt16(packet[offset + 1])
    }

    @_lifetime(self: copy self)
    package mutating func uint32() throws(WireError) -> UInt32 {
        let upper = try uint16()
        return UInt32(upper) << 16 | UInt32(try uint16())
    }

    @_lifetime(self: copy self)
    package mutating func skip(_ count: Int) throws(WireError) {
        guard count >= 0, offset + count <= packet.count else { throw .truncated(at: offset) }
        offset += count
    }

    @_lifetime(self: copy self)
    package mutating func header() throws(WireError) -> Header {
        Header(
            id: try uint16(), flags: Header.Flags(rawValue: try uint16()), questions: try uint16(), answers: try uint16(),
            authorities: try uint16(), additionals: try uint16())
    }

    @_lifetime(self: copy self)
    package mutating func question() throws(WireError) -> Question {
        Question(name: try name(), type: RecordType(rawValue: try uint16()), class: try uint16())
    }

    /// Pointers followed in one name: more than one a label are pointers to pointers, which nobody honest writes.
    private static let mostPointers = 127

    /// Reads a name, following compression pointers. Each must point before the name's own start and before the last one's target, to a prior name
    /// that ends before there (RFC 1035 section 4.1.4, RFC 9267): so a name stays what it is, whatever is put behind it.
    @_lifetime(self: copy self)
    package mutating func name() throws(WireError) -> Name {
        var name = Name()
        var position = offset
        var limit = offset
        var end = packet.count
        var pointers = 0
        while true {
            guard position < end else { throw Self.cutOff(at: position, pointers) }
            let length = Int(packet[position])
            switch length {
            case 0:
                if pointers == 0 { offset = position + 1 }
                return name
            case 1...63:
                guard position + 1 + length <= end else { throw Self.cutOff(at: position, pointers) }
                let start = position + 1
                guard append(length, at: start, to: &name) else { throw .nameTooLong(at: position) }
                position += 1 + length
            case 0xC0...0xFF:
                guard position + 2 <= end else { throw Self.cutOff(at: position, pointers) }
                let target = (length & 0x3F) << 8 | Int(packet[position + 1])
                guard target < limit, target >= Header.size, pointers < Self.mostPointers else { throw .badPointer(at: position) }
                if pointers == 0 { offset = position + 2 }
                pointers += 1
                end = limit
                limit = target
                position = target
            default: throw .badLabel(at: position)
            }
        }
    }

    private static func cutOff(at position: Int, _ pointers: Int) -> WireError {
        pointers == 0 ? .truncated(at: position) : .badPointer(at: position)
    }

    private func append(_ length: Int, at start: Int, to name: inout Name) -> Bool {
        name.append(label: length) { packet[start + $0] }
    }

    /// Passes over a name without reading what its pointer points to.
    @_lifetime(self: copy self)
    package mutating func skipName() throws(WireError) {
        while true {
            let start = offset
            let length = try byte()
            switch length {
            case 0: return
            case 1...63: try skip(Int(length))
            case 0xC0...0xFF: return try skip(1)
            default: throw .badLabel(at: start)
            }
        }
    }
}

/// What is asked (RFC 1035 section 4.1.2).
package struct Question: Hashable, Sendable {
    package static let internet: UInt16 = 1

    package let name: Name
    package let type: RecordType
    package let `class`: UInt16

    package init(name: Name, type: RecordType, class: UInt16 = Question.internet) {
        self.name = name
        self.type = type
        self.class = `class`
    }

    /// Bytes of the question on the wire.
    package var size: Int { name.count + 4 }
}

extension Span<UInt8> {
    /// A copy of some of it.
    func bytes(_ range: Range<Int>) -> [UInt8] { unsafe extracting(range).withUnsafeBufferPointer { unsafe Array($0) } }
}
