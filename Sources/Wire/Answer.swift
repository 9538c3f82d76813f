// SPDX-License-Identifier: MIT

/// An upstream's reply, checked and cut to what belongs to its question: ready to be kept, and given to any client that asks the same.
package struct Answer: Hashable, Sendable {
    /// Header, question, answer and authority sections. The additional section is gone; id, flags and TTLs are filled in for each client.
    package let body: [UInt8]
    package let code: ResponseCode
    /// AD as the upstream set it; worth something only where the path to it is trusted.
    package let authenticated: Bool
    /// Where the TTLs stand, and their values when the answer came: within a set of records the lowest (RFC 2181 section 5.2).
    package let ttls: [TTL]
    /// Names that the asked one is an alias of, along the chain of CNAMEs and DNAMEs, in its order; empty for most answers.
    package let aliases: NameList
    /// Every address at the chain's end.
    package let addresses: [IPAddress]
    /// Seconds it may be kept; nil: not at all.
    package let lifetime: UInt32?
    package let error: ExtendedError?

    package typealias TTL = (offset: UInt16, seconds: UInt32)

    package static func == (left: Answer, right: Answer) -> Bool { left.body == right.body && left.code == right.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(body) }
}

/// What a packet on an upstream's socket is to the question that waits there.
package enum Judged: Hashable, Sendable {
    case answer(Answer)
    /// Genuine, but cut off: the question goes again, by TCP.
    case truncated
    /// Genuine, but of no use to the client: the next server may do better.
    case failed(ResponseCode, ExtendedError?)
    /// Genuine, and the server wants the cookie that came with it (RFC 7873 section 5.3).
    case badCookie
    /// Perhaps genuine, perhaps forged: to be asked again where nobody else can answer, by TCP, while the true reply is still awaited.
    case doubtful(Doubt)
    /// Somebody else's, or nonsense: the true reply is still awaited.
    case foreign

    package enum Doubt: Hashable, Sendable {
        /// The question is ours, the id is not: somebody guesses.
        case id
        /// The name is spelled otherwise than we did: so do some servers.
        case spelling
        /// No cookie, though this server had one before.
        case cookie
    }
}
