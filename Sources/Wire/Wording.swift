// SPDX-License-Identifier: MIT

/// How a question is put to one server: what its reply must bring back besides the question itself.
package struct Wording: Hashable, Sendable {
    package var id: UInt16
    /// The name in random case, with type and class, as it stands in the message: a reply must repeat it to the letter. Empty: as the client wrote
    /// it, and the reply may write it otherwise.
    package var question: [UInt8]
    /// Whether it goes with an OPT record.
    package var speaksEDNS: Bool
    /// The client's cookie of 8 bytes, and behind it the server's, if one is known (RFC 7873 section 4); empty: none is sent.
    package var cookie: [UInt8]

    package init(id: UInt16, question: [UInt8] = [], speaksEDNS: Bool = true, cookie: [UInt8] = []) {
        self.id = id
        self.question = question
        self.speaksEDNS = speaksEDNS
        self.cookie = cookie
    }

    /// Bytes of the client's part of a cookie.
    package static let clientCookieSize = 8

    /// Whether a cookie that came back answers ours: the client's part is the same, the server's of 8 to 32 bytes or not there.
    package func accepts(_ cookie: [UInt8]) -> Bool {
        let size = Self.clientCookieSize
        return (cookie.count == size || (size + 8...size + 32).contains(cookie.count)) && cookie.prefix(size) == self.cookie.prefix(size)
    }
}

extension Query {
    /// The question with each letter of its name in upper or lower case as `random` says, 16 letters a number (the "0x20 bit"): bits that who
    /// answers unasked must guess as well.
    package func respelled(_ random: () -> UInt16) -> [UInt8] {
        var question = rawQuestion
        var bits: UInt16 = 0
        var left = 0
        for index in question.indices.dropLast(4) {
            // Lengths of labels are no letters.
            guard (question[index] | 0x20) &- 97 < 26 else { continue }
            if left == 0 { (bits, left) = (random(), 16) }
            question[index] = question[index] & ~0x20 | UInt8(bits & 1) << 5
            bits >>= 1
            left -= 1
        }
        return question
    }

    /// This question as it goes to an upstream: with EDNS where the server is not known to mind it, so that its reasons reach us.
    package func upstream(_ wording: Wording) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(Header.size + rawQuestion.count + 40)
        message.append(wording.id)
        // AD always, so that its answer serves every client (RFC 6840 section 5.7).
        message.append(flags.intersection(.checkingDisabled).union([.recursionDesired, .authenticData]).rawValue)
        message.append(contentsOf: [0, 1, 0, 0, 0, 0, 0, wording.speaksEDNS ? 1 : 0])
        message.append(contentsOf: wording.question.isEmpty ? rawQuestion : wording.question)
        if wording.speaksEDNS { EDNS(dnssecOK: dnssecOK, cookie: wording.cookie).append(to: &message) }
        return message
    }

    package func upstream(id: UInt16) -> [UInt8] { upstream(Wording(id: id)) }
}
