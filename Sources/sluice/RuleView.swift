// SPDX-License-Identifier: MIT
import Daemon

/// A rule in JSON and in words.
struct RuleView: Encodable {
    let action: String
    @OrNull var tunnel: String?
    let pattern: String
    let file: String
    let line: Int
    @OrNull var dscp: UInt8?
    @OrNull var priority: String?

    init(_ rule: RuleEntry) {
        action = rule.action
        pattern = rule.pattern
        file = rule.file
        line = rule.line
        tunnel = rule.tunnel
        dscp = rule.dscp
        priority = rule.priority
    }

    var text: String {
        let target = action + (tunnel.map { ":" + $0 } ?? "")
        return ([target, pattern] + [dscp.map { "dscp=\($0)" }, priority.map { "priority=\($0)" }].compactMap(\.self)).joined(
            separator: " ")
    }
    var place: String { "\(text)  (\(file)" + (line > 0 ? ":\(line))" : ")") }
}
