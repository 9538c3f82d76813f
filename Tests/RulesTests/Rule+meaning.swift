// SPDX-License-Identifier: MIT
import Rules
import Wire

extension Rule {
    /// As the fixtures write what a rule means.
    var meaning: String {
        var words = [action.rawValue + (tunnel.map { ":" + $0 } ?? ""), pattern.meaning]
        if let via = options.via { words.append("via=\(via)") }
        if options.hints != .lease { words.append("hints=" + options.hints.rawValue) }
        if options.private { words.append("private") }
        if let dscp = options.dscp { words.append("dscp=\(dscp)") }
        if let priority = options.priority { words.append("priority=\(priority)") }
        if options.force { words.append("force") }
        return words.joined(separator: " ")
    }
}

extension Pattern {
    var meaning: String {
        switch self {
        case .exact(let name): "exact \(name)"
        case .suffix(let name): "suffix \(name)"
        case .below(let name): "below \(name)"
        case .regex(let source): "regex \(source)"
        case .keyword(let keyword): "keyword \(keyword)"
        case .network(let network): "network \(network)"
        }
    }
}
