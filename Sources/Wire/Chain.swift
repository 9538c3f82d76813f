// SPDX-License-Identifier: MIT

/// The records of an answer section that belong to the question: the chain of CNAMEs and DNAMEs from its name, and what stands at its end.
package struct Chain: Sendable {
    /// Links followed at the most; longer chains are bombs.
    package static let longest = 16

    /// A CNAME that a DNAME stands for and that the server left out, though RFC 6672 section 3.1 wants it there. Clients need it: they know no DNAME.
    package struct Missing: Sendable {
        /// Where the DNAME stands in the message.
        let dname: Int
        let owner: Name
        let target: Name
        /// The DNAME's.
        let ttl: UInt32
    }

    /// Those that belong, in the message's order.
    package let records: [ResourceRecord]
    /// Names along the way, the asked one first.
    package let names: [Name]
    package let addresses: [IPAddress]
    package let missing: [Missing]
    /// Whether every record of the section belongs, and none is missing.
    package let isWhole: Bool
    /// Whether the chain's end has records of the asked type: NOERROR without is NODATA (RFC 2308 section 2.2).
    package let answersQuestion: Bool

    package init(of question: Question, in answers: [ResourceRecord], _ packet: Span<UInt8>) throws(WireError) {
        // Mostly there is no link, and nothing but what was asked for.
        if answers.allSatisfy({ $0.answers(question) }), question.type != .cname, question.type != .dname, question.type != .any {
            try Self.check(answers)
            records = answers
            names = [question.name]
            missing = []
            isWhole = true
            addresses = answers.flatMap { $0.addresses(in: packet) }
            answersQuestion = !answers.isEmpty
            return
        }
        var names = [question.name]
        var missing: [Missing] = []
        while question.type != .cname, question.type != .any, let current = names.last,
            let link = try Self.link(from: current, question.class, answers, packet)
        {
            guard !names.contains(link.target), names.count <= Self.longest else { throw .badData(at: link.record.data.lowerBound) }
            names.append(link.target)
            if link.record.type == .dname {
                missing.append(Missing(dname: link.record.range.lowerBound, owner: current, target: link.target, ttl: link.record.ttl))
            }
        }
        let last = names.last ?? question.name
        // By hash: a reply of thousands of long owners must not cost the square of their number.
        let onChain = Set(names)
        let dnames = Set(
            answers.lazy.filter { record in record.type == .dname && names.contains { $0 != record.owner && $0.isAtOrBelow(record.owner) } }
                .map(\.owner))
        func belongs(_ record: ResourceRecord) -> Bool {
            guard record.class == question.class else { return false }
            // A signature belongs with the set it signs; a DNAME with the CNAME made from it (RFC 6672 section 3.1).
            switch record.type {
            case .cname: return onChain.contains(record.owner)
            case .dname: return dnames.contains(record.owner) || record.owner == last && question.type == .dname
            case .rrsig: return onChain.contains(record.owner) || dnames.contains(record.owner)
            default: return record.owner == last && (record.type == question.type || question.type == .any)
            }
        }
        records = answers.filter(belongs)
        isWhole = records.count == answers.count && missing.isEmpty
        self.names = names
        self.missing = missing
        addresses = records.flatMap { $0.owner == last ? $0.addresses(in: packet) : [] }
        answersQuestion = records.contains { $0.owner == last && ($0.type == question.type || question.type == .any) }
        try Self.check(records)
    }

    private static func check(_ records: [ResourceRecord]) throws(WireError) {
        for record in records where record.type == .a && record.data.count != 4 || record.type == .aaaa && record.data.count != 16 {
            throw .badData(at: record.data.lowerBound)
        }
    }

    /// The record that leads on from a name: its CNAME; else a DNAME above it, whose substitution a resolver makes itself (RFC 6672 section 3.4.1).
    private static func link(
        from name: Name, _ class: UInt16, _ answers: [ResourceRecord], _ packet: Span<UInt8>
    ) throws(WireError) -> (record: ResourceRecord, target: Name)? {
        if let cname = answers.first(where: { $0.type == .cname && $0.owner == name && $0.class == `class` }) {
            return (cname, try cname.target(in: packet))
        }
        guard
            let dname = answers.first(where: {
                $0.type == .dname && $0.class == `class` && $0.owner != name && name.isAtOrBelow($0.owner)
            })
        else { return nil }
        guard let target = name.replacing(suffix: dname.owner, with: try dname.target(in: packet)) else {
            throw .nameTooLong(at: dname.data.lowerBound)
        }
        return (dname, target)
    }
}

extension ResourceRecord {
    fileprivate func answers(_ question: Question) -> Bool {
        type == question.type && `class` == question.class && owner == question.name
    }

    /// The one name that is all the data of a CNAME or DNAME.
    fileprivate func target(in packet: Span<UInt8>) throws(WireError) -> Name {
        var reader = MessageReader(packet, at: data.lowerBound)
        let name = try reader.name()
        guard reader.offset == data.upperBound else { throw .badData(at: data.lowerBound) }
        return name
    }
}
