// SPDX-License-Identifier: MIT

extension Answer {
    /// Writes an answer anew with only the given records, and the CNAMEs that are missing in its chain. Names in the data of the types of RFC 1035
    /// and of service bindings are written out, since what they point to may be gone; other data is copied (RFC 3597 section 4).
    /// - Parameter edits: the data of a record, in place of its own, by where the record stands.
    init(
        rewriting packet: Span<UInt8>, _ header: Header, _ query: Query, _ answers: [ResourceRecord], _ authorities: [ResourceRecord],
        _ code: ResponseCode, missing: [Chain.Missing] = [], edits: [Int: [UInt8]] = [:], _ error: ExtendedError?
    ) throws(WireError) {
        let kept = authorities.filter { $0.type != .opt }
        var body: [UInt8] = []
        for index in 0..<Header.size { body.append(packet[index]) }
        body.patch(UInt16(answers.count + missing.count), at: 6)
        body.patch(UInt16(kept.count), at: 8)
        body.patch(UInt16(0), at: 10)
        body.append(contentsOf: query.rawQuestion)
        var moved: [ResourceRecord] = []
        for record in answers {
            moved.append(try record.copy(from: packet, to: &body, data: edits[record.range.lowerBound]))
            // Behind its DNAME: readers that go through once want each link before what it leads to.
            for link in missing where link.dname == record.range.lowerBound { moved.append(link.write(to: &body)) }
        }
        var movedAuthorities: [ResourceRecord] = []
        for record in kept { movedAuthorities.append(try record.copy(from: packet, to: &body, data: nil)) }
        guard body.count <= Int(UInt16.max) else { throw .badData(at: 0) }
        let chain = try Chain(of: query.question, in: moved, body.span)
        self.init(body: body, header, moved, movedAuthorities, code, chain, error, body.span)
    }
}

extension ResourceRecord {
    /// Appends the record to a message with nothing compressed; returns where it stands there.
    fileprivate func copy(from packet: Span<UInt8>, to message: inout [UInt8], data edited: [UInt8]?) throws(WireError) -> ResourceRecord {
        guard let edited else {
            return try write(to: &message) { message throws(WireError) in try copyData(from: packet, to: &message) }
        }
        return write(to: &message) { $0 += edited }
    }

    /// Appends the record with the data that `content` appends.
    fileprivate func write<Failure: Error>(
        to message: inout [UInt8], _ content: (inout [UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> ResourceRecord {
        let start = message.count
        message.append(owner)
        message.append(type.rawValue)
        message.append(`class`)
        let ttlOffset = message.count
        message.append(ttl)
        message.append(UInt16(0))
        let dataStart = message.count
        try content(&message)
        message.patch(UInt16(truncatingIfNeeded: message.count - dataStart), at: dataStart - 2)
        return ResourceRecord(
            owner: owner, type: type, class: `class`, ttl: ttl, range: start..<message.count, ttlOffset: ttlOffset,
            data: dataStart..<message.count)
    }

    private func copyData(from packet: Span<UInt8>, to message: inout [UInt8]) throws(WireError) {
        var reader = MessageReader(packet, at: data.lowerBound)
        let layout = type.layout
        for _ in 0..<layout.before { message.append(try reader.byte()) }
        for _ in 0..<layout.names { message.append(try reader.name()) }
        while reader.offset < data.upperBound { message.append(try reader.byte()) }
        guard reader.offset == data.upperBound else { throw .badData(at: data.lowerBound) }
    }
}

extension RecordType {
    /// Bytes before the names that the data begins with, and how many of those there are, where they may be compressed (RFC 3597 section 4).
    fileprivate var layout: (before: Int, names: Int) {
        switch self {
        case .cname, .ns, .ptr, .dname: (0, 1)
        case .soa: (0, 2)
        case .mx: (2, 1)
        case .srv: (6, 1)
        // Compressed against the rules, perhaps (RFC 9460 section 2.2): a pointer that leads to no name here could lead to one there.
        case .https, .svcb: (2, 1)
        default: olderLayout
        }
    }

    /// Types that are hardly used any more (RFC 1035 section 3.3, RFC 1183, RFC 2163, RFC 2230).
    private var olderLayout: (before: Int, names: Int) {
        switch rawValue {
        case 3, 4, 7, 8, 9: (0, 1)
        case 14, 17: (0, 2)
        case 18, 21, 36: (2, 1)
        case 26: (2, 2)
        default: (0, 0)
        }
    }
}

extension [ResourceRecord] {
    /// Whether a name of these records has bytes in it, by a pointer that leads there, that change on their way to a client: of a TTL, which time
    /// passes over; or letters of the question where a label's length should stand, which each client spells in its own way.
    /// - Throws: where the names that data begins with are none, or are longer than the data: what follows would be read as part of them.
    func changeOnTheirWay(_ packet: Span<UInt8>, behind question: Int) throws(WireError) -> Bool {
        // Most names are the asked one's, by a pointer, and most data holds none.
        let doubtful = filter { $0.type.layout.names > 0 || !Self.isAsked(packet, $0.range.lowerBound) }
        if doubtful.isEmpty { return false }
        var changed = (0..<packet.count).map { packet[$0] }
        for offset in Header.size..<question where (changed[offset] | 0x20) &- 97 < 26 { changed[offset] ^= 0x20 }
        for record in self { for offset in record.ttlOffset..<record.ttlOffset + 4 { changed[offset] ^= 0xFF } }
        for record in doubtful {
            let names = try Self.names(of: record, packet)
            if names != (try? Self.names(of: record, changed.span)) { return true }
        }
        return false
    }

    /// Whether the name there is the root, or a pointer to the question's.
    private static func isAsked(_ packet: Span<UInt8>, _ offset: Int) -> Bool {
        packet[offset] == 0 || packet[offset] == 0xC0 && packet[offset + 1] == Header.size
    }

    private static func names(of record: ResourceRecord, _ packet: Span<UInt8>) throws(WireError) -> [Name] {
        var owner = MessageReader(packet, at: record.range.lowerBound)
        var names = [try owner.name()]
        let layout = record.type.layout
        var data = MessageReader(packet, at: record.data.lowerBound + layout.before)
        for _ in 0..<layout.names { names.append(try data.name()) }
        guard layout.names == 0 || data.offset <= record.data.upperBound else { throw .badData(at: record.data.lowerBound) }
        return names
    }
}

extension Chain.Missing {
    fileprivate func write(to message: inout [UInt8]) -> ResourceRecord {
        ResourceRecord(owner: owner, type: .cname, class: Question.internet, ttl: ttl, range: 0..<0, ttlOffset: 0, data: 0..<0)
            .write(to: &message) { $0.append(target) }
    }
}

extension [UInt8] {
    package mutating func append(_ name: Name) {
        var bytes = name.bytes
        for index in 0..<name.count { append(bytes.byte(at: index)) }
    }

    /// As it stands on the wire.
    package mutating func append(_ address: IPAddress) {
        switch address {
        case .v4(let raw): append(raw)
        case .v6(let high, let low):
            for half in [high, low] {
                append(UInt32(truncatingIfNeeded: half >> 32))
                append(UInt32(truncatingIfNeeded: half))
            }
        }
    }
}
