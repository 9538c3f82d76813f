// SPDX-License-Identifier: MIT

extension Query {
    /// One record of a reply made here.
    package struct LocalRecord: Hashable, Sendable {
        package let type: RecordType
        package let ttl: UInt32
        package let data: [UInt8]

        package init(_ type: RecordType, ttl: UInt32, data: [UInt8]) {
            self.type = type
            self.ttl = ttl
            self.data = data
        }

        /// Seconds a "no" of ours is kept: short, since the next tunnel may carry what this one does not.
        package static let denialTTL: UInt32 = 60

        /// The SOA without which no client keeps a "no" (RFC 2308 section 5), with the names that unbound gives its local zones.
        package static let denial: LocalRecord = {
            var data: [UInt8] = [9] + Array("localhost".utf8) + [0, 6] + Array("nobody".utf8) + [7] + Array("invalid".utf8) + [0]
            for value in [1, 3600, 1200, 604_800, denialTTL] as [UInt32] { data.append(value) }
            return LocalRecord(.soa, ttl: denialTTL, data: data)
        }()
    }

    /// A reply made here: the question echoed, `records` of the asked name, `authority` that says how long a "no" holds, and, if the client speaks
    /// EDNS, the reason.
    package func reply(
        _ code: ResponseCode, records: [LocalRecord] = [], authority: LocalRecord? = nil, error: ExtendedError? = nil
    ) -> [UInt8] {
        // Without EDNS there are four bits, and the low four of BADVERS are NOERROR.
        let code = edns == nil && code.rawValue > 15 ? .serverFailure : code
        var message: [UInt8] = []
        message.append(id)
        message.append(replyFlags.with(code).rawValue)
        message.append(UInt16(1))
        message.append(UInt16(records.count))
        message.append(UInt16(authority == nil ? 0 : 1))
        message.append(UInt16(edns == nil ? 0 : 1))
        message.append(contentsOf: rawQuestion)
        for record in records + (authority.map { [$0] } ?? []) {
            message.append(UInt16(0xC000 | UInt16(Header.size)))
            message.append(record.type.rawValue)
            message.append(Question.internet)
            message.append(record.ttl)
            message.append(UInt16(record.data.count))
            message.append(contentsOf: record.data)
        }
        appendEDNS(code, error, to: &message)
        return message
    }

    /// Turns an answer into this client's reply: its id, its spelling of the question, TTLs less `age` seconds, its EDNS.
    /// - Parameter age: seconds since the answer came.
    package func reply(_ answer: Answer, age: UInt32) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(answer.body.count + 64)
        message += answer.body
        message.patch(id, at: 0)
        // AD only for those who ask for it, by AD or DO (RFC 6840 section 5.7).
        var flags = replyFlags.with(answer.code)
        if answer.authenticated, self.flags.contains(.authenticData) || edns?.dnssecOK == true { flags.insert(.authenticData) }
        message.patch(flags.rawValue, at: 2)
        for index in rawQuestion.indices { message[Header.size + index] = rawQuestion[index] }
        for (offset, ttl) in answer.ttls { message.patch(ttl > age ? ttl - age : 0, at: Int(offset)) }
        message.patch(UInt16(edns == nil ? 0 : 1), at: 10)
        appendEDNS(answer.code, answer.error, to: &message)
        return message
    }

    /// What goes in place of a reply that does not fit: as many whole records of its answer as do, and TC (RFC 1035 section 4.2.1, RFC 2181
    /// section 9). `reply` itself when it fits.
    /// - Parameter isByUDP: else it goes behind a length in two bytes, which an answer as long as they can say leaves no room for our OPT record.
    package func fitted(_ reply: [UInt8], isByUDP: Bool = true) -> [UInt8] {
        let limit = isByUDP ? Int(edns.map { min($0.payloadSize, EDNS.payloadSize) } ?? 512) : Int(UInt16.max)
        guard reply.count > limit else { return reply }
        var opt: [UInt8] = []
        appendEDNS(ResponseCode(rawValue: UInt16(reply[3] & 15)), nil, to: &opt)
        var reader = MessageReader(reply.span)
        var end = Header.size + rawQuestion.count
        var records: UInt16 = 0
        if let header = try? reader.header(), (try? reader.question()) != nil {
            while records < header.answers, let record = try? reader.record(), record.range.upperBound + opt.count <= limit {
                records += 1
                end = record.range.upperBound
            }
        }
        var message = Array(reply.prefix(end))
        message.patch(UInt16(message[2]) << 8 | UInt16(message[3]) | Header.Flags.truncated.rawValue, at: 2)
        message.patch(records, at: 6)
        message.patch(UInt16(0), at: 8)
        message.patch(UInt16(edns == nil ? 0 : 1), at: 10)
        return message + opt
    }

    private var replyFlags: Header.Flags {
        Header.Flags(rawValue: flags.rawValue & (Header.Flags.recursionDesired.rawValue | Header.Flags.checkingDisabled.rawValue))
            .union([.response, .recursionAvailable])
    }

    private func appendEDNS(_ code: ResponseCode, _ error: ExtendedError?, to message: inout [UInt8]) {
        guard let edns else { return }
        var own = EDNS(extendedCode: UInt8(code.rawValue >> 4), dnssecOK: edns.dnssecOK, error: error)
        if let idle, edns.keepalive == .asked { own.keepalive = .seconds(idle) }
        own.append(to: &message)
    }

    /// A question of our own, with EDNS so that reasons come along.
    package convenience init(asking question: Question) {
        var raw: [UInt8] = []
        raw.append(question.name)
        raw.append(question.type.rawValue)
        raw.append(question.class)
        self.init(id: 1, flags: .recursionDesired, question: question, rawQuestion: raw, edns: EDNS())
    }
}
