// SPDX-License-Identifier: MIT
import Wire

extension ClashList {
    /// What names or addresses are told by; in the order in which they are most frequent.
    private static let types = ["domain-suffix", "domain", "ip-cidr", "ip-cidr6", "domain-keyword", "domain-regex", "domain-wildcard"]
    private static let policies: Set<String> = ["DIRECT", "REJECT", "REJECT-DROP", "REJECT-TINYGIF", "PROXY", "PASS", "GLOBAL"]

    /// `TYPE,VALUE[,POLICY][,no-resolve]`.
    /// - Parameter rest: what stands behind the first comma.
    func classical(
        _ bytes: Span<UInt8>, _ type: Range<Int>, _ rest: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        guard let type = Self.types.first(where: { bytes.equals(type, $0, blind: true) }) else {
            let shown = ListScope.shown(bytes, type)
            scope.warn("\(shown) is not read", line: line, "'\(shown)' is not read: the line is not taken", into: &sink)
            return
        }
        let said = ListLine(line: line)
        guard let fields = fields(bytes, rest, type == "domain-regex"), isTaken(fields, line, &scope, into: &sink) else { return }
        let value = fields.value
        switch type {
        case "domain": if scope.readName(bytes, value, line: line, into: &sink) { sink.take(.exact, scope.name, said) }
        case "domain-suffix": if scope.readName(bytes, value, line: line, into: &sink) { sink.take(.suffix, scope.name, said) }
        case "domain-keyword": scope.takeKeyword(bytes.string(value.prefix(300)), said, into: &sink)
        case "domain-wildcard": wildcard(bytes, value, said, &scope, into: &sink)
        case "domain-regex": scope.takeRegex(bytes.string(value.prefix(ListScope.longestRegex + 1)), said, into: &sink)
        default:
            let text = bytes.string(value.prefix(64))
            if let network = scope.readNetwork(text, line: line, into: &sink) { sink.take(.network(network), said) }
        }
    }

    private struct Fields {
        let value: Range<Int>
        var policy: String?
        /// Something that narrows the rule, such as `src`.
        var stranger: String?
    }

    /// Nil only for nothing at all.
    private func fields(_ bytes: Span<UInt8>, _ rest: Range<Int>, _ isRegex: Bool) -> Fields? {
        guard !isRegex else {
            // Commas may be the regex's own: only a policy that everybody has ends it.
            guard let comma = bytes.last(UInt8(ascii: ","), in: rest), rest.upperBound - comma < 20 else {
                return Fields(value: bytes.trimmed(rest))
            }
            let last = bytes.string(bytes.trimmed(comma + 1..<rest.upperBound))
            guard Self.policies.contains(last) else { return Fields(value: bytes.trimmed(rest)) }
            return Fields(value: bytes.trimmed(rest.lowerBound..<comma), policy: last)
        }
        var parts: Range<Int>? = rest
        guard let value = bytes.part(of: &parts, by: UInt8(ascii: ",")) else { return nil }
        var fields = Fields(value: bytes.trimmed(value))
        while let part = bytes.part(of: &parts, by: UInt8(ascii: ",")) {
            let text = ListScope.shown(bytes, bytes.trimmed(part))
            if text == "no-resolve" || text.isEmpty { continue }
            if text == "src" || fields.policy != nil {
                fields.stranger = text
            } else {
                fields.policy = text
            }
        }
        return fields
    }

    private func isTaken(_ fields: Fields, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) -> Bool {
        if let stranger = fields.stranger {
            scope.warn(
                "fields that are not read", line: line, "'\(stranger)' makes the rule another one: the line is not taken", into: &sink)
            return false
        }
        guard let policy = fields.policy else { return true }
        let fits =
            switch scope.action {
            case .direct, .lan: policy == "DIRECT"
            case .block: policy.hasPrefix("REJECT")
            case .tunnel: policy != "DIRECT" && policy != "PASS" && !policy.hasPrefix("REJECT")
            }
        if !fits {
            let action = scope.action.rawValue
            scope.warn(
                "policies against the include", line: line, "the policy is '\(policy)', the include '\(action)': the line is not taken",
                into: &sink)
        }
        return fits
    }

    /// `*` is any run of characters, dots too; `?` any one.
    private func wildcard(
        _ bytes: Span<UInt8>, _ value: Range<Int>, _ said: ListLine, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        var source = "^"
        var letters = 0
        for index in value.prefix(254) {
            switch bytes[index] {
            case UInt8(ascii: "*"): source += ".*"
            case UInt8(ascii: "?"): source += "."
            case let byte where byte > 32 && byte < 127:
                source += RegexText.escaped(String(UnicodeScalar(Name.lowercased(byte))))
                letters += 1
            default: letters = -1000
            }
        }
        guard letters > 0, value.count <= 253 else {
            scope.warn(
                "wildcards that are not read", line: said.line,
                letters == 0
                    ? "a wildcard for every name: not taken"
                    : "'\(ListScope.shown(bytes, value))' is no wildcard of up to 253 characters of ASCII: not taken", into: &sink)
            return
        }
        scope.takeRegex(source + "$", said, into: &sink)
    }
}
