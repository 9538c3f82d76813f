// SPDX-License-Identifier: MIT

/// What is to be taken out of an answer before it is handed out.
package struct Cut: Hashable, Sendable {
    /// Records of these addresses, and hints that name them.
    package var refused: Set<IPAddress> = []
    /// Hints of HTTPS and SVCB of these families, whatever their addresses.
    package var hints: Set<IPAddress.Family> = []
    /// Whether HTTPS and SVCB records that a client must refuse go, and their set with them (RFC 9460 section 2.2): a client that uses one all
    /// the same could find an address in it that we do not.
    package var malformed = false

    package init() {}
    package init(refused: some Sequence<IPAddress>) { self.refused = Set(refused) }

    func takes(_ address: IPAddress) -> Bool { refused.contains(address) || hints.contains(address.family) }
}

extension Answer {
    /// This answer after `cut`; itself when nothing is to be taken out. Nil if every record goes that answers the question. A service binding
    /// stays without its refused hints: its client asks for the addresses.
    package func cutting(_ cut: Cut, for query: Query) -> Answer? {
        let span = body.span
        var reader = MessageReader(span)
        guard var header = try? reader.header(), (try? reader.question()) != nil else { return nil }
        var kept: [ResourceRecord] = []
        var edits: [Int: [UInt8]] = [:]
        var isChanged = false
        var isSetMalformed = false
        for _ in 0..<header.answers {
            guard let record = try? reader.record() else { return nil }
            switch record.type {
            case .a, .aaaa:
                if record.address(in: span).map(cut.refused.contains) ?? false {
                    isChanged = true
                    continue
                }
            case .https, .svcb:
                let binding = ServiceBinding(record, in: span)
                if cut.malformed, binding?.isMalformed ?? true { isSetMalformed = true }
                if let data = binding?.data(without: cut.takes, span) {
                    isChanged = true
                    edits[record.range.lowerBound] = data
                }
            default: break
            }
            kept.append(record)
        }
        if isSetMalformed {
            isChanged = true
            kept.removeAll { $0.type == .https || $0.type == .svcb }
        }
        guard isChanged else { return self }
        var authorities: [ResourceRecord] = []
        for _ in 0..<header.authorities {
            guard let record = try? reader.record() else { return nil }
            authorities.append(record)
        }
        // What was signed is no longer whole.
        header.flags.remove(.authenticData)
        guard let chain = try? Chain(of: query.question, in: kept, span), chain.answersQuestion else { return nil }
        return try? Answer(rewriting: span, header, query, kept, authorities, code, edits: edits, error)
    }

    /// The names of services that clients go on to ask for because of this answer (RFC 9460 sections 2.4.2 and 2.5): not the owners' own.
    package var serviceTargets: [Name] {
        let span = body.span
        var reader = MessageReader(span)
        guard let header = try? reader.header(), (try? reader.question()) != nil else { return [] }
        var targets: [Name] = []
        for _ in 0..<header.answers {
            guard let record = try? reader.record() else { break }
            guard let target = ServiceBinding(record, in: span)?.target, !target.isRoot, target != record.owner else { continue }
            if !targets.contains(target) { targets.append(target) }
        }
        return targets
    }
}
