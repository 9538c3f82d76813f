// SPDX-License-Identifier: MIT

/// What an OPT record says (RFC 6891 section 6.1).
package struct EDNS: Hashable, Sendable {
    /// The largest UDP payload we take or give: no fragment on any path (DNS flag day 2020).
    package static let payloadSize: UInt16 = 1232

    /// The sender's UDP payload size; less than 512 counts as 512.
    package var payloadSize: UInt16
    package var version: UInt8
    package var extendedCode: UInt8
    /// DO (RFC 3225).
    package var dnssecOK: Bool
    package var error: ExtendedError?
    /// RFC 7873: as it came, of whatever length; nil or empty: none. The first counts.
    package var cookie: [UInt8]?
    /// RFC 7828: whether a client would keep its connection open; seconds it may be idle, in a reply.
    package var keepalive: Keepalive?

    package enum Keepalive: Hashable, Sendable {
        case asked
        case seconds(UInt16)
    }

    package init(
        payloadSize: UInt16 = EDNS.payloadSize, version: UInt8 = 0, extendedCode: UInt8 = 0, dnssecOK: Bool = false,
        error: ExtendedError? = nil, cookie: [UInt8]? = nil
    ) {
        self.payloadSize = max(512, payloadSize)
        self.version = version
        self.extendedCode = extendedCode
        self.dnssecOK = dnssecOK
        self.error = error
        self.cookie = cookie
    }

    /// Reads an OPT record; the first Extended DNS Error counts, options we do not know are passed over.
    package init(_ record: ResourceRecord, in packet: Span<UInt8>) throws(WireError) {
        var reader = MessageReader(packet, at: record.ttlOffset)
        let extendedCode = try reader.byte()
        let version = try reader.byte()
        let flags = try reader.uint16()
        self.init(payloadSize: record.class, version: version, extendedCode: extendedCode, dnssecOK: flags & 0x8000 != 0)
        reader = MessageReader(packet, at: record.data.lowerBound)
        while reader.offset < record.data.upperBound {
            let code = try reader.uint16()
            let length = Int(try reader.uint16())
            let start = reader.offset
            guard start + length <= record.data.upperBound else { throw .badData(at: start) }
            switch code {
            case Self.extendedErrorOption where length >= 2 && error == nil:
                let info = try reader.uint16()
                let text = (reader.offset..<start + length).map { packet[$0] }
                error = ExtendedError(info, String(decoding: text, as: UTF8.self))
            case Self.cookieOption where cookie == nil: cookie = (start..<start + length).map { packet[$0] }
            case Self.keepaliveOption: keepalive = .asked
            default: break
            }
            reader = MessageReader(packet, at: start + length)
        }
    }

    private static let extendedErrorOption: UInt16 = 15
    private static let cookieOption: UInt16 = 10
    private static let keepaliveOption: UInt16 = 11

    /// Appends this as an OPT record. The text of an error is cut so that the record stays under 300 bytes.
    package func append(to message: inout [UInt8]) {
        message.append(UInt8(0))
        message.append(RecordType.opt.rawValue)
        message.append(payloadSize)
        message.append(extendedCode)
        message.append(version)
        message.append(UInt16(dnssecOK ? 0x8000 : 0))
        let length = message.count
        message.append(UInt16(0))
        if let error {
            var whole = String(decoding: error.text.utf8.prefix(250), as: UTF8.self)
            // Not half a character.
            if error.text.utf8.count > 250, whole.unicodeScalars.last == "\u{FFFD}" { whole.unicodeScalars.removeLast() }
            let text = whole.utf8
            message.append(Self.extendedErrorOption)
            message.append(UInt16(text.count + 2))
            message.append(error.code)
            message.append(contentsOf: text)
        }
        if let cookie, !cookie.isEmpty {
            message.append(Self.cookieOption)
            message.append(UInt16(cookie.count))
            message.append(contentsOf: cookie)
        }
        if case .seconds(let seconds) = keepalive {
            message.append(Self.keepaliveOption)
            message.append(UInt16(2))
            // In tenths.
            message.append(seconds * 10)
        }
        message.patch(UInt16(message.count - length - 2), at: length)
    }
}

extension [UInt8] {
    /// Appends in network byte order.
    mutating func append(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(_ value: UInt32) {
        append(UInt16(truncatingIfNeeded: value >> 16))
        append(UInt16(truncatingIfNeeded: value))
    }

    package mutating func patch(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    package mutating func patch(_ value: UInt32, at offset: Int) {
        patch(UInt16(truncatingIfNeeded: value >> 16), at: offset)
        patch(UInt16(truncatingIfNeeded: value), at: offset + 2)
    }
}
