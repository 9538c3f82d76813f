// SPDX-License-Identifier: MIT

/// One netlink message from the kernel. Reading never traps: what does not fit ends the iteration.
struct NetlinkMessage: Hashable, Sendable {
    let type: UInt16
    let flags: UInt16
    let sequence: UInt32
    /// All behind the 16 bytes of the header.
    let payload: [UInt8]

    /// NLMSG_ERROR also carries the acknowledgement, with errno 0.
    static let errorType: UInt16 = 2
    static let doneType: UInt16 = 3

    /// The errno of an error or end-of-dump message, 0 for an acknowledgement; nil for every other message.
    var errno: Int32? {
        Self.errno(type, payload.native(UInt32.self, at: 0))
    }

    private static func errno(_ type: UInt16, _ raw: UInt32?) -> Int32? {
        guard type == errorType || type == doneType, let raw else { return nil }
        let value = Int32(bitPattern: raw)
        return value == .min ? .max : -value
    }

    /// Splits what one receive call returned.
    static func all(in bytes: [UInt8], count: Int) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        walk(bytes, count) { type, range in
            guard let flags = bytes.native(UInt16.self, at: range.lowerBound + 6),
                let sequence = bytes.native(UInt32.self, at: range.lowerBound + 8)
            else { return }
            messages.append(.init(type: type, flags: flags, sequence: sequence, payload: Array(bytes[range].dropFirst(16))))
        }
        return messages
    }

    /// The sequence and errno of each error message and acknowledgement, 0 for the latter.
    static func acknowledgements(in bytes: [UInt8], count: Int, _ body: (UInt32, Int32) -> Void) {
        walk(bytes, count) { type, range in
            guard range.count >= 20, let errno = errno(type, bytes.native(UInt32.self, at: range.lowerBound + 16)),
                let sequence = bytes.native(UInt32.self, at: range.lowerBound + 8)
            else { return }
            body(sequence, errno)
        }
    }

    /// The type and the place of each message, header included.
    private static func walk(_ bytes: [UInt8], _ count: Int, _ body: (UInt16, Range<Int>) -> Void) {
        var offset = 0
        let end = min(count, bytes.count)
        while offset + 16 <= end, let raw = bytes.native(UInt32.self, at: offset), let type = bytes.native(UInt16.self, at: offset + 4) {
            let length = Int(raw)
            guard length >= 16, length <= end - offset else { break }
            body(type, offset..<offset + length)
            offset += (length + 3) & ~3
        }
    }

    /// The attributes behind a fixed part of `skipping` bytes.
    func attributes(skipping: Int) -> [NetlinkAttribute] { NetlinkAttribute.all(in: payload.dropFirst(skipping)) }
}

/// One attribute of a message.
struct NetlinkAttribute: Hashable, Sendable {
    let type: UInt16
    let value: [UInt8]

    static func all(in bytes: ArraySlice<UInt8>) -> [NetlinkAttribute] {
        var attributes: [NetlinkAttribute] = []
        var rest = bytes
        while let raw = rest.native(UInt16.self, at: rest.startIndex), let type = rest.native(UInt16.self, at: rest.startIndex + 2) {
            let length = Int(raw)
            guard length >= 4, length <= rest.count else { break }
            // The two upper bits say "nested" and "network order".
            attributes.append(.init(type: type & 0x3FFF, value: Array(rest.prefix(length).dropFirst(4))))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return attributes
    }

    var attributes: [NetlinkAttribute] { Self.all(in: value[...]) }
    var number: UInt32? { value.native(UInt32.self, at: 0) }
    var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
}

extension [NetlinkAttribute] {
    subscript(type: UInt16) -> NetlinkAttribute? { first { $0.type == type } }
}

extension Collection where Element == UInt8, Index == Int {
    /// A number in the machine's own byte order; nil when it does not lie within.
    func native<Number: FixedWidthInteger & UnsignedInteger>(_: Number.Type, at offset: Int) -> Number? {
        let size = Number.bitWidth / 8
        guard offset >= startIndex, offset <= endIndex, endIndex - offset >= size else { return nil }
        var value: Number = 0
        for index in 0..<size { value |= Number(truncatingIfNeeded: self[offset + index]) << (index * 8) }
        return Number(littleEndian: value)
    }
}
