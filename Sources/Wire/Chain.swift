// SPDX-License-Identifier: MIT

/// The records of an answer section that belong to the question: the chain of CNAMEs from its name, and what stands at its end.
package struct Chain: Sendable {
    /// Links followed at the most; longer chains are bombs.
    package static let longest = 16

    /// Those that belong, in the message's order.
    package let records: [ResourceRecord]
    /// Names along the way, the asked one first.
    package let names: [Name]
    package let addresses: [IPAddress]
    /// Whether every record of the section belongs.
    package let isWhole: Bool
    /// Whether the chain's end has records of the asked type: NOERROR without is NODATA (RFC 2308 section 2.2).
    package let answersQuestion: Bool

    package init(of question: Question, in answers: [ResourceRecord], _ packet: Span<UInt8>) throws(WireError) {
        var names = [question.name]
        var current = question.name
        while question.type != .cname, question.type != .any,
            let link = answers.first(where: { $0.owner == current && $0.type == .cname })
        {
            var reader = MessageReader(packet, at: link.data.lowerBound)
            current = try reader.name()
            guard reader.offset == link.data.upperBound else { throw .badData(at: link.data.lowerBound) }
            guard !names.contains(current), names.count <= Self.longest else { throw .badData(at: link.data.lowerBound) }
            names.append(current)
        }
        let last = current
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
        isWhole = records.count == answers.count
        self.names = names
        addresses = records.flatMap { $0.owner == last ? $0.addresses(in: packet) : [] }
        answersQuestion = records.contains { $0.owner == last && ($0.type == question.type || question.type == .any) }
        for record in records where record.type == .a && record.data.count != 4 || record.type == .aaaa && record.data.count != 16 {
            throw .badData(at: record.data.lowerBound)
        }
    }
}
