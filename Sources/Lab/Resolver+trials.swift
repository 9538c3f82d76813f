// SPDX-License-Identifier: MIT

extension Resolver {
    /// Names below a suffix whose answers are a trial for whoever asks, as lines of unbound.conf: too big for UDP, errors, and chains to a name
    /// that goes another way. A random label may stand before each.
    /// - Parameters:
    ///   - server: the resolver's own address: unbound looks the end of such a chain up, and asks itself for it.
    ///   - leased: addresses that no other name has, for `leased` below the suffix.
    static func trials(
        below suffix: String, crossing target: String, at server: String, leased: (v4: String, v6: String)
    ) -> String {
        let text = String(repeating: "trial-", count: 40)
        let big = Array(repeating: "\"\(text)\"", count: 12).joined(separator: " ")
        // A zone that is asked of nobody: unbound does not ask itself, and says SERVFAIL at once.
        return """
                local-zone: "truncated.\(suffix)." redirect
                local-data: 'truncated.\(suffix). 60 IN TXT \(big)'
                local-zone: "refused.\(suffix)." always_refuse
                local-zone: "nxdomain.\(suffix)." always_nxdomain
                local-zone: "crossing.\(suffix)." redirect
                local-data: "crossing.\(suffix). 60 IN CNAME \(target)."
                local-zone: "leased.\(suffix)." redirect
                local-data: "leased.\(suffix). 60 IN A \(leased.v4)"
                local-data: "leased.\(suffix). 60 IN AAAA \(leased.v6)"
                local-zone: "servfail.\(suffix)." transparent
            forward-zone:
                name: "servfail.\(suffix)."
                forward-addr: 127.0.0.1@1
            forward-zone:
                name: "\(target)."
                forward-addr: \(server)

            """
    }
}
