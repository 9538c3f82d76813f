// SPDX-License-Identifier: MIT

extension Resolver {
    /// Names below a suffix whose answers are a trial for whoever asks, as lines of unbound.conf: too big for UDP, errors, and chains to a name
    /// that goes another way. A random label may stand before each.
    static func trials(below suffix: String, crossing target: String) -> String {
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
                local-zone: "servfail.\(suffix)." transparent
            forward-zone:
                name: "servfail.\(suffix)."
                forward-addr: 127.0.0.1@1

            """
    }
}
