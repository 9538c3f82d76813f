// SPDX-License-Identifier: MIT

extension Judged {
    /// The most records looked at in one message: far more than any honest answer holds in 64 KiB of use to a client.
    private static let mostRecords = 1024

    /// Reads a packet as the reply to `query` sent with `id`, however it spells the name.
    package init(_ packet: Span<UInt8>, to query: Query, id: UInt16) {
        var edns: EDNS?
        self.init(packet, to: query, as: Wording(id: id), isTrusted: true, edns: &edns)
    }

    /// Reads a packet as the reply to `query` as it was put to a server (RFC 5452 section 9.1: id and the whole question must fit).
    /// - Parameters:
    ///   - isTrusted: whether nobody between us and the server could have set AD (RFC 4035 section 3.2.3).
    ///   - edns: what the server's OPT record says, if it is genuine.
    package init(_ packet: Span<UInt8>, to query: Query, as wording: Wording, isTrusted: Bool = false, edns: inout EDNS?) {
        edns = nil
        var reader = MessageReader(packet)
        guard var header = try? reader.header(), header.flags.contains(.response), header.flags.opcode == 0 else {
            self = .foreign
            return
        }
        // A server that could not read the question repeats none: nothing but a header.
        if packet.count == Header.size, header.questions == 0, header.id == wording.id,
            [.formatError, .notImplemented].contains(header.flags.responseCode)
        {
            self = .failed(header.flags.responseCode, nil)
            return
        }
        guard header.questions == 1, let question = try? reader.question(), question == query.question,
            reader.offset == Header.size + question.size
        else {
            self = .foreign
            return
        }
        guard header.id == wording.id else {
            self = .doubtful(.id)
            return
        }
        guard wording.question.isEmpty || wording.question.indices.allSatisfy({ wording.question[$0] == packet[Header.size + $0] }) else {
            self = .doubtful(.spelling)
            return
        }
        if header.flags.contains(.truncated) {
            self = .truncated
            return
        }
        if !isTrusted { header.flags.remove(.authenticData) }
        self = (try? Self.read(packet, header, &reader, query, wording, &edns)) ?? .failed(.serverFailure, nil)
    }

    private static func read(
        _ packet: Span<UInt8>, _ header: Header, _ reader: inout MessageReader, _ query: Query, _ wording: Wording, _ found: inout EDNS?
    ) throws(WireError) -> Judged {
        var answers: [ResourceRecord] = []
        var authorities: [ResourceRecord] = []
        var edns: EDNS?
        guard Int(header.answers) + Int(header.authorities) + Int(header.additionals) <= mostRecords else { throw .badData(at: 6) }
        for _ in 0..<header.answers { answers.append(try reader.record()) }
        let answersEnd = reader.offset
        for _ in 0..<header.authorities { authorities.append(try reader.record()) }
        let end = reader.offset
        for _ in 0..<header.additionals {
            let record = try reader.record()
            if record.type == .opt, edns == nil { edns = try EDNS(record, in: packet) }
        }
        if !wording.cookie.isEmpty {
            if let cookie = edns?.cookie {
                guard wording.accepts(cookie) else { return .foreign }
            } else if wording.cookie.count > Wording.clientCookieSize {
                return .doubtful(.cookie)
            }
        }
        found = edns
        let code = ResponseCode(rawValue: UInt16(edns?.extendedCode ?? 0) << 4 | header.flags.responseCode.rawValue)
        if code == .badCookie, edns?.cookie != nil { return .badCookie }
        guard code == .noError || code == .nameError else { return .failed(code, edns?.error) }
        let chain = try Chain(of: query.question, in: answers, packet)
        if answers.isEmpty, code == .noError, authorities.refersOn(query.question), !header.flags.contains(.recursionAvailable) {
            return .failed(.serverFailure, edns?.error)
        }
        let witnesses = authorities.filter { $0.bearsWitness(for: chain, query) }
        let kept = witnesses.allSatisfy { $0.type != .rrsig } ? witnesses : witnesses.filter { $0.signsOne(of: witnesses, packet) }
        let isPlain = chain.isWhole && (kept.isEmpty || kept.count == authorities.count)
        let records = kept.isEmpty ? answers : answers + kept
        guard isPlain, try !records.changeOnTheirWay(packet, behind: Header.size + query.question.size) else {
            return .answer(try Answer(rewriting: packet, header, query, chain.records, kept, code, missing: chain.missing, edns?.error))
        }
        return .answer(Answer(packet, upTo: kept.isEmpty ? answersEnd : end, header, answers, kept, code, chain, edns?.error))
    }
}

extension ResourceRecord {
    /// Whether a record of the authority section says something of this answer: for how long a "no" holds (RFC 2308), and, for those who ask for it, the
    /// proof (RFC 4035 section 3.1.3). What else stands there, name servers and their addresses, is for resolvers that ask on; nobody who asks us.
    fileprivate func bearsWitness(for chain: Chain, _ query: Query) -> Bool {
        guard `class` == query.question.class, let last = chain.names.last else { return false }
        switch type {
        case .soa: return last.isAtOrBelow(owner) && !chain.answersQuestion
        case .rrsig, .nsec, .nsec3: return query.dnssecOK
        default: return false
        }
    }
}

extension ResourceRecord {
    /// Whether it is a record that is kept; or the signature of one: without what it signs a validator takes it for a forgery.
    fileprivate func signsOne(of records: [ResourceRecord], _ packet: Span<UInt8>) -> Bool {
        guard type == .rrsig else { return true }
        var reader = MessageReader(packet, at: data.lowerBound)
        guard data.count >= 2, let covered = try? reader.uint16() else { return false }
        return records.contains { $0.type.rawValue == covered && $0.owner == owner }
    }
}

extension [ResourceRecord] {
    /// Whether an authority section names those to ask instead, as a server does that does not recurse for us: that is no answer.
    fileprivate func refersOn(_ question: Question) -> Bool {
        !contains { $0.type == .soa } && contains { $0.type == .ns && question.name.isAtOrBelow($0.owner) }
    }
}

extension Answer {
    /// TTLs above this are cut: a day, so that a long lie ends.
    package static let longestTTL: UInt32 = 86_400
    /// RFC 2308 section 5: one to three hours.
    package static let longestNegativeTTL: UInt32 = 10_800

    init(
        _ packet: Span<UInt8>, upTo end: Int, _ header: Header, _ answers: [ResourceRecord], _ authorities: [ResourceRecord],
        _ code: ResponseCode, _ chain: Chain, _ error: ExtendedError?
    ) {
        var body = packet.bytes(0..<end)
        body.patch(UInt16(authorities.count), at: 8)
        body.patch(UInt16(0), at: 10)
        self.init(body: body, header, answers, authorities, code, chain, error, packet)
    }

    init(
        body: [UInt8], _ header: Header, _ answers: [ResourceRecord], _ authorities: [ResourceRecord], _ code: ResponseCode,
        _ chain: Chain, _ error: ExtendedError?, _ packet: Span<UInt8>
    ) {
        let negative = !chain.answersQuestion
        var ttls = Self.lowest(answers) + Self.lowest(authorities)
        // The end of a chain is known for no longer than the way to it, also where it ends in "no". Nobody keeps addresses for longer by our
        // word, since they are owed for that long.
        let shortest = ttls.prefix(answers.count).map(\.seconds).min()
        let limit = negative ? Self.negativeLifetime(authorities, packet).map { min($0, shortest ?? $0) } : shortest
        if let limit {
            for index in ttls.indices where negative || index < answers.count && answers[index].type.carriesAddresses {
                ttls[index].seconds = min(ttls[index].seconds, limit)
            }
        }
        self.body = body
        self.code = code
        authenticated = header.flags.contains(.authenticData)
        self.ttls = ttls
        aliases = NameList(chain.names.dropFirst())
        addresses = chain.addresses
        lifetime = limit
        self.error = error
    }

    /// Each record's TTL offset with the lowest TTL of the set it belongs to.
    private static func lowest(_ records: [ResourceRecord]) -> [TTL] {
        struct Set: Hashable {
            let owner: Name
            let type: RecordType
        }
        // Mostly there is one set, or one TTL.
        guard let first = records.first?.ttl, !records.allSatisfy({ $0.ttl == first }) else {
            return records.compactMap { record in UInt16(exactly: record.ttlOffset).map { ($0, min(record.ttl, longestTTL)) } }
        }
        var lowest: [Set: UInt32] = [:]
        for record in records {
            lowest[Set(owner: record.owner, type: record.type), default: longestTTL] = min(
                lowest[Set(owner: record.owner, type: record.type), default: longestTTL], record.ttl)
        }
        return records.compactMap { record in
            UInt16(exactly: record.ttlOffset).map { ($0, lowest[Set(owner: record.owner, type: record.type)] ?? 0) }
        }
    }

    /// RFC 2308 section 5: the lower of the SOA's TTL and its last field; no SOA, nothing kept.
    private static func negativeLifetime(_ authorities: [ResourceRecord], _ packet: Span<UInt8>) -> UInt32? {
        guard let soa = authorities.first(where: { $0.type == .soa }), soa.data.count >= 20 else { return nil }
        var reader = MessageReader(packet, at: soa.data.upperBound - 4)
        guard let minimum = try? reader.uint32() else { return nil }
        return min(soa.ttl, minimum, longestNegativeTTL)
    }
}

extension RecordType {
    fileprivate var carriesAddresses: Bool { [.a, .aaaa, .https, .svcb].contains(self) }
}
