// SPDX-License-Identifier: MIT

extension PlainMessage {
    private static let (a, cname, soa, aaaa, dname, rrsig, nsec, nsec3, svcb, https) = (1, 5, 6, 28, 39, 46, 47, 50, 64, 65)

    /// The asked name and every name that CNAMEs and DNAMEs of the answer lead to from it.
    mutating func followChain() {
        guard let question = questions.first else { return }
        chain = [question.name]
        if question.type == Self.cname || question.type == 255 { return }
        let links = answers.filter { $0.class == question.class && ($0.type == Self.cname || $0.type == Self.dname) }
        var before = 0
        // A reply may lead on for ever: none with more than 16 links is taken.
        while chain.count > before, chain.count < 20 {
            before = chain.count
            for record in links {
                guard let (target, _) = Self.name(bytes, at: record.data.lowerBound) else { continue }
                if record.type == Self.cname {
                    if chain.contains(record.owner) { chain.insert(target) }
                    continue
                }
                for name in chain where Self.isBelow(name, record.owner) {
                    let whole = name.prefix(name.count - record.owner.count) + target
                    if whole.count < 255 { chain.insert(Array(whole)) }
                }
            }
        }
    }

    /// Throws unless every record of the answer belongs to the question: it stands on the chain, or signs what does, or is the DNAME a link comes from.
    func checkThatAllBelongs() throws(Violation) {
        guard let question = questions.first else { throw Violation("no question") }
        for record in answers {
            try claim(record.class == question.class, "a record of class \(record.class)")
            let isAbove = (record.type == Self.dname || record.type == Self.rrsig) && chain.contains { Self.isBelow($0, record.owner) }
            try claim(chain.contains(record.owner) || isAbove, "a record of \(record.owner), which is not on the chain")
            let isLink = [Self.cname, Self.dname, Self.rrsig].contains(record.type)
            try claim(isLink || record.type == question.type || question.type == 255, "a record of type \(record.type) nobody asked for")
        }
    }

    /// Throws unless all that stands in the authority section bears witness: a SOA of a zone the last name is in beside a "no", and DNSSEC's records.
    func checkThatAuthoritiesBearWitness() throws(Violation) {
        guard let question = questions.first else { return }
        for record in authorities {
            try claim(record.class == question.class, "an authority of class \(record.class)")
            switch record.type {
            case Self.soa:
                try claim(
                    chain.contains { $0 == record.owner || Self.isBelow($0, record.owner) || record.owner.isEmpty },
                    "a SOA of \(record.owner)")
                try claim(!answers.contains { $0.type == question.type && $0.type != Self.cname }, "a SOA beside an answer")
            default: try claim([Self.rrsig, Self.nsec, Self.nsec3].contains(record.type), "an authority of type \(record.type)")
            }
        }
    }

    /// Every address that a client could use of this answer, as its bytes: A and AAAA on the chain, and hints.
    var addresses: Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        for record in answers where record.class == 1 && chain.contains(record.owner) {
            switch record.type {
            case Self.a, Self.aaaa: found.insert(Array(bytes[record.data]))
            case Self.svcb, Self.https: found.formUnion(hints(record.data))
            default: break
            }
        }
        return found
    }

    /// The address hints in a service binding, up to where it is broken.
    private func hints(_ data: Range<Int>) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        guard data.count > 2, case (_, var place)? = Self.name(bytes, at: data.lowerBound + 2) else { return [] }
        while place + 4 <= data.upperBound {
            let (key, length) = (Self.number(bytes, place, 2), Self.number(bytes, place + 2, 2))
            place += 4
            guard place + length <= data.upperBound else { break }
            let size = [4: 4, 6: 16][key] ?? 0
            if size > 0 {
                for start in stride(from: place, to: place + length - size + 1, by: size) {
                    found.insert(Array(bytes[start..<start + size]))
                }
            }
            place += length
        }
        return found
    }
}
