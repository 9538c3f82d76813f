// SPDX-License-Identifier: MIT

/// Where a resource record stands in a message, and what its fixed fields say (RFC 1035 section 4.1.3).
package struct ResourceRecord: Hashable, Sendable {
    package let owner: Name
    package let type: RecordType
    package let `class`: UInt16
    /// Seconds; a value with the top bit set reads as 0 (RFC 2181 section 8).
    package let ttl: UInt32
    /// The record's bytes in the message, owner included.
    package let range: Range<Int>
    /// Where its TTL stands.
    package let ttlOffset: Int
    package let data: Range<Int>
}

extension MessageReader {
    @_lifetime(self: copy self)
    package mutating func record() throws(WireError) -> ResourceRecord {
        let start = offset
        let owner = try name()
        let type = RecordType(rawValue: try uint16())
        let `class` = try uint16()
        let ttlOffset = offset
        let ttl = try uint32()
        let length = Int(try uint16())
        let dataStart = offset
        try skip(length)
        return ResourceRecord(
            owner: owner, type: type, class: `class`, ttl: ttl > Int32.max ? 0 : ttl, range: start..<offset, ttlOffset: ttlOffset,
            data: dataStart..<offset)
    }
}

extension ResourceRecord {
    /// The address of an A or AAAA record; nil for other types and wrong lengths.
    package func address(in packet: Span<UInt8>) -> IPAddress? {
        guard `class` == Question.internet, data.upperBound <= packet.count else { return nil }
        switch (type, data.count) {
        case (.a, 4):
            return .v4(Self.integer(packet, data))
        case (.aaaa, 16):
            return .v6(
                high: Self.integer(packet, data.prefix(8)), low: Self.integer(packet, data.suffix(8)))
        default: return nil
        }
    }

    /// Every address a client may connect to because of this record: that of A and AAAA, the hints of HTTPS and SVCB
    /// (RFC 9460 section 7.3).
    package func addresses(in packet: Span<UInt8>) -> [IPAddress] {
        switch type {
        case .https, .svcb: `class` == Question.internet ? ServiceBinding(self, in: packet)?.hints(in: packet) ?? [] : []
        default: address(in: packet).map { [$0] } ?? []
        }
    }

    private static func integer<Value: FixedWidthInteger>(_ packet: Span<UInt8>, _ range: Range<Int>) -> Value {
        var value: Value = 0
        for index in range { value = value << 8 | Value(packet[index]) }
        return value
    }
}
