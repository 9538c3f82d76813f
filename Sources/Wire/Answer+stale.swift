// SPDX-License-Identifier: MIT

extension Answer {
    /// This answer as a server's reply, to be read again later: AD and the reason for it as they came.
    package var message: [UInt8] {
        var message = body
        message.patch(UInt16(1), at: 10)
        EDNS(extendedCode: UInt8(truncatingIfNeeded: code.rawValue >> 4), error: error).append(to: &message)
        return message
    }

    /// Seconds a client may keep what is over (RFC 8767 section 4).
    package static let staleTTL: UInt32 = 30

    /// This answer as it is given after its time: kept for half a minute, and said to be old (RFC 8914 sections 4.4 and 4.20).
    package var stale: Answer {
        let code = code == .nameError ? ExtendedError.staleNoSuchName : ExtendedError.staleAnswer
        return Answer(
            body: body, code: self.code, authenticated: authenticated, ttls: ttls.map { ($0.offset, Self.staleTTL) }, aliases: aliases,
            addresses: addresses, lifetime: Self.staleTTL, error: ExtendedError(code, "no server gave a newer one"))
    }
}
