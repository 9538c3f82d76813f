// SPDX-License-Identifier: MIT

extension Answer {
    /// Writes an answer anew with only the given records. Names in the data of the types of RFC 1035 are written out, since what they point to
    /// may be gone; data of other types hold no compressed names (RFC 3597 section 4) and are copied.
    init(
        rewriting packet: Span<UInt8>, _ header: Header, _ query: Query, _ answers: [ResourceRecord], _ authorities: [ResourceRecord],
        _ code: ResponseCode, _ chain: Chain, _ error: ExtendedError?
    ) throws(WireError) {
        let kept = authorities.filter { $0.type != .opt }
        var body: [UInt8] = []
        for index in 0..<Header.size { body.append(packet[index]) }
        body.patch(UInt16(answers.count), at: 6)
        body.patch(UInt16(kept.count), at: 8)
        body.patch(UInt16(0), at: 10)
        body.append(contentsOf: query.rawQuestion)
        var written: [ResourceRecord] = []
        for record in answers + kept { written.append(try record.copy(from: packet, to: &body)) }
        guard body.count <= Int(UInt16.max) else { throw .badData(at: 0) }
        let moved = Array(written.prefix(answers.count))
        self.init(body: body, header, moved, Array(written.dropFirst(answers.count)), code, chain, error, body.span)
    }

    /// This answer without its records that lead to `refused`; nil if no address is left.
    package func removing(_ refused: [IPAddress], from query: Query) -> Answer? {
        let span = body.span
        var reader = MessageReader(span)
        guard var header = try? reader.header(), (try? reader.question()) != nil else { return nil }
        // What was signed is no longer whole.
        header.flags.remove(.authenticData)
        var answers: [ResourceRecord] = []
        var authorities: [ResourceRecord] = []
        for _ in 0..<header.answers {
            guard let record = try? reader.record() else { return nil }
            if record.addresses(in: span).contains(where: refused.contains) { continue }
            answers.append(record)
        }
        for _ in 0..<header.authorities {
            guard let record = try? reader.record() else { return nil }
            authorities.append(record)
        }
        guard let chain = try? Chain(of: query.question, in: answers, span), !chain.addresses.isEmpty else { return nil }
        return try? Answer(rewriting: span, header, query, answers, authorities, code, chain, error)
    }
}

extension ResourceRecord {
    /// Appends the record to a message with nothing compressed; returns where it stands there.
    fileprivate func copy(from packet: Span<UInt8>, to message: inout [UInt8]) throws(WireError) -> ResourceRecord {
        let start = message.count
        message.append(owner)
        message.append(type.rawValue)
        message.append(`class`)
        let ttlOffset = message.count
        message.append(ttl)
        message.append(UInt16(0))
        let dataStart = message.count
        var reader = MessageReader(packet, at: data.lowerBound)
        let layout: (before: Int, names: Int) =
            switch type {
            case .cname, .ns, .ptr, .dname: (0, 1)
            case .soa: (0, 2)
            case .mx: (2, 1)
            case .srv: (6, 1)
            default: (0, 0)
            }
        for _ in 0..<layout.before { message.append(try reader.byte()) }
        for _ in 0..<layout.names { message.append(try reader.name()) }
        while reader.offset < data.upperBound { message.append(try reader.byte()) }
        guard reader.offset == data.upperBound else { throw .badData(at: data.lowerBound) }
        message.patch(UInt16(truncatingIfNeeded: message.count - dataStart), at: dataStart - 2)
        return ResourceRecord(
            owner: owner, type: type, class: `class`, ttl: ttl, range: start..<message.count, ttlOffset: ttlOffset,
            data: dataStart..<message.count)
    }
}

extension [UInt8] {
    mutating func append(_ name: Name) {
        for index in 0..<name.count { append(name[index]) }
    }
}
