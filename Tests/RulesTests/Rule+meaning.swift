// SPDX-License-Identifier: MIT
import Rules
import Wire

extension Rule {
    /// As the fixtures write what a rule means.
    var meaning: String {
        ([treatment.target, pattern.meaning] + options.words).joined(separator: " ")
    }
}

extension Include {
    /// As the fixtures write what an include means.
    var meaning: String {
        var words = [treatment.target, "include", kind.rawValue, path] + attributes.map(\.description)
        if isExact { words.append("exact") }
        if let key { words.append("signed=" + key) }
        return (words + treatment.options.words).joined(separator: " ")
    }
}

extension RuleFileItem {
    var meaning: String {
        switch self {
        case .rule(let rule): rule.meaning
        case .include(let include): include.meaning
        }
    }
}

extension Treatment {
    fileprivate var target: String { action.rawValue + (tunnel.map { ":" + $0 } ?? "") }
}

extension Rule.Options {
    /// Those that are not the default.
    fileprivate var words: [String] {
        var words: [String] = []
        if let via { words.append("via=\(via)") }
        if hints != .lease { words.append("hints=" + hints.rawValue) }
        if self.private { words.append("private") }
        if let dscp { words.append("dscp=\(dscp)") }
        if let priority { words.append("priority=\(priority)") }
        if force { words.append("force") }
        return words
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
