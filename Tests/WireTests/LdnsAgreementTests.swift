// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

/// What parses, by ldns and by us: 20,000 messages that are wrong in some way, and every difference explained.
@Suite struct LdnsAgreementTests {
    @Test func whatWeAndLdnsTakeForAMessageDiffersOnlyForReasons() {
        var counts: [String: Int] = [:]
        var both = 0
        for mutant in Mutations(count: 20_000).all {
            // ldns 1.8.3 aborts on some NSEC3 records (type 50).
            if zip(mutant, mutant.dropFirst()).contains(where: { $0 == (0, 50) }) {
                counts["may hold NSEC3", default: 0] += 1
                continue
            }
            var failure: WireError?
            let walk = Walk(mutant, &failure)
            let ldns = LdnsOpinion(mutant) != nil
            switch (failure, ldns) {
            case (nil, true): both += 1
            case (.some, false): counts["neither", default: 0] += 1
            // RFC 1035 section 4.1.4: a pointer leads to a prior name. ldns follows any that does not loop.
            case (.badPointer, true): counts["we: pointer not to a prior name", default: 0] += 1
            // RFC 6891 section 6.1.2. ldns looks at them later, when asked to.
            case (.some, true) where walk.isInOptions: counts["we: options longer than their record", default: 0] += 1
            // ldns takes data of the types it knows apart, and goes on where they end, whatever their length says; we take the length's word and pass
            // data on as they are (RFC 3597). With types that it does not know it says what we say.
            case (nil, false), (.some, true):
                counts[ldns ? "ldns: length not looked at" : "ldns: data of a known type", default: 0] += 1
                #expect((LdnsOpinion(walk.opaque(mutant)) == nil) == ldns, "\(String(describing: failure)): \(mutant)")
            }
        }
        print("ldns: both \(both), \(counts)")
        #expect(both > 2000 && counts["neither", default: 0] > 5000)
    }

    /// Where the types of a message's records stand.
    private struct Walk {
        private var types: [Int] = []
        /// Whether it is the options where reading failed.
        private(set) var isInOptions = false

        init(_ bytes: [UInt8], _ failure: inout WireError?) {
            do throws(WireError) {
                var reader = MessageReader(bytes.span)
                let header = try reader.header()
                for _ in 0..<header.questions { _ = try reader.question() }
                for _ in 0..<Int(header.answers) + Int(header.authorities) + Int(header.additionals) {
                    // Of the record, too, that cannot be read.
                    var ahead = MessageReader(bytes.span, at: reader.offset)
                    try ahead.skipName()
                    types.append(ahead.offset)
                    let record = try reader.record()
                    isInOptions = record.type == .opt
                    if isInOptions { _ = try EDNS(record, in: bytes.span) }
                    isInOptions = false
                }
            } catch {
                failure = error
            }
        }

        /// The message with TYPE65280 everywhere.
        func opaque(_ bytes: [UInt8]) -> [UInt8] {
            var copy = bytes
            for place in types where place + 2 <= bytes.count { copy.replaceSubrange(place..<place + 2, with: [0xFF, 0]) }
            return copy
        }
    }
}
