// SPDX-License-Identifier: MIT
import Daemon

/// A rule in JSON and in words.
struct RuleView: Encodable {
    let action: String
    @OrNull var tunnel: String?
    let pattern: String
    let file: String
    let line: Int

    init(_ rule: RuleEntry) {
        action = rule.action
        pattern = rule.pattern
        file = rule.file
        line = rule.line
        tunnel = rule.tunnel
    }

    var text: String { action + (tunnel.map { ":" + $0 } ?? "") + " " + pattern }
    var place: String { "\(text)  (\(file)" + (line > 0 ? ":\(line))" : ")") }
}
