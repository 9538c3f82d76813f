// SPDX-License-Identifier: MIT

/// What becomes of a whole message on an encrypted connection.
extension [UInt8] {
    /// RFC 8467 section 4.1: queries are padded to a multiple of this.
    package static let paddingBlock = 128

    /// A message with the padding option (RFC 7830) that brings it to a multiple of `block` bytes, in its OPT record, which must be the last.
    /// Unchanged where there is no such record, or what came out would be longer than a message may be. Not for plain UDP.
    package func padded(to block: Int = [UInt8].paddingBlock) -> [UInt8] {
        guard block > 0, let opt = optAtEnd else { return self }
        let padding = (block - (count + 4) % block) % block
        guard opt.data.count + 4 + padding <= Int(UInt16.max), count + 4 + padding <= Int(UInt16.max) else { return self }
        var message = self
        message.patch(UInt16(opt.data.count + 4 + padding), at: opt.data.lowerBound - 2)
        message.append(Self.paddingOption)
        message.append(UInt16(padding))
        message.append(contentsOf: repeatElement(0, count: padding))
        return message
    }

    private static let paddingOption: UInt16 = 12

    private var optAtEnd: ResourceRecord? {
        var last: ResourceRecord?
        guard Self.records(of: self, { last = $0 }), let last, last.type == .opt, last.range.upperBound == count else { return nil }
        return last
    }

    /// A reply whose TTLs are less by the seconds it lay in somebody's cache (RFC 8484 section 5.1); unchanged if it cannot be read.
    package func aged(by seconds: UInt32) -> [UInt8] {
        guard seconds > 0 else { return self }
        var message = self
        let isWhole = Self.records(of: self) { record in
            guard record.type != .opt else { return }
            message.patch(record.ttl > seconds ? record.ttl - seconds : 0, at: record.ttlOffset)
        }
        return isWhole ? message : self
    }

    /// The id; nil for less than a header.
    package var messageID: UInt16? { count >= Header.size ? UInt16(self[0]) << 8 | UInt16(self[1]) : nil }

    /// The same message with another id; unchanged if it is less than a header.
    package func with(id: UInt16) -> [UInt8] {
        guard count >= Header.size else { return self }
        var message = self
        message.patch(id, at: 0)
        return message
    }

    /// Hands out every record; whether all could be read.
    private static func records(of message: [UInt8], _ body: (ResourceRecord) -> Void) -> Bool {
        var reader = MessageReader(message.span)
        do throws(WireError) {
            let header = try reader.header()
            for _ in 0..<header.questions { _ = try reader.question() }
            for _ in 0..<Int(header.answers) + Int(header.authorities) + Int(header.additionals) { body(try reader.record()) }
            return true
        } catch {
            return false
        }
    }
}
