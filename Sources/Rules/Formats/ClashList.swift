// SPDX-License-Identifier: MIT
import Wire

/// Rule providers of Clash and mihomo, as text or as YAML with a `payload:` list; each entry is read by its own form.
///
/// - Behaviour `domain`: `+.x` is x and all below it, `.x` only what is below it, a bare name exactly it, `*` exactly one label wherever it stands.
/// - `classical`: `DOMAIN`, `DOMAIN-SUFFIX`, `DOMAIN-KEYWORD`, `DOMAIN-WILDCARD` (`*` any run, `?` one character), `DOMAIN-REGEX`, `IP-CIDR`,
///   `IP-CIDR6`; `no-resolve` is how networks are always meant here. All other types look at something else than names and addresses, and are not
///   taken.
/// - `ipcidr`: networks.
///
/// Every action takes all of it, except lines with a policy that says another: `DIRECT` for `direct` and `lan`, `REJECT…` for `block`, all other
/// names for `tunnel`.
struct ClashList {
    func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        var isYAML = false
        var lines = LineCursor()
        while let line = lines.next(in: bytes) {
            guard !line.isEmpty, bytes[line.lowerBound] != UInt8(ascii: "#"), !bytes.starts(line, with: "//"), !bytes.equals(line, "---")
            else {
                continue
            }
            let number = lines.number
            if !isYAML, bytes.equals(line, "payload") {
                return sink.warn(
                    Problem(
                        .error, file: scope.file, line: number, column: 1, "'payload' without ':' is no list, and no name of one",
                        hint: "payload:, and below it one entry a line: - '+.corp.example'"))
            }
            if bytes.starts(line, with: "payload:") {
                isYAML = true
                let rest = bytes.trimmed(line.lowerBound + 8..<line.upperBound)
                guard !rest.isEmpty, bytes[rest.lowerBound] != UInt8(ascii: "#") else { continue }
                flow(bytes, rest, number, &scope, into: &sink)
            } else if isYAML {
                guard bytes[line.lowerBound] == UInt8(ascii: "-"), line.count == 1 || bytes.isBlank(line.lowerBound + 1) else {
                    scope.warn(
                        "lines of YAML that are not read", line: number, "'\(ListScope.shown(bytes, line))' is no entry of the list",
                        hint: "  - 'ENTRY', one a line, under payload:", into: &sink)
                    continue
                }
                item(bytes, bytes.trimmed(line.lowerBound + 1..<line.upperBound), number, &scope, into: &sink)
            } else {
                entry(bytes, line, number, &scope, into: &sink)
            }
        }
    }

    /// `['a', "b", c]` in one line.
    private func flow(_ bytes: Span<UInt8>, _ range: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) {
        guard bytes[range.lowerBound] == UInt8(ascii: "["), bytes[range.upperBound - 1] == UInt8(ascii: "]"), range.count > 1 else {
            scope.warn(
                "lines of YAML that are not read", line: line, "'\(ListScope.shown(bytes, range))' is no list",
                hint: "entries stand below payload:, one a line", into: &sink)
            return
        }
        var rest: Range<Int>? = range.lowerBound + 1..<range.upperBound - 1
        while let part = bytes.part(of: &rest, by: UInt8(ascii: ",")) {
            let part = bytes.trimmed(part)
            if !part.isEmpty { item(bytes, part, line, &scope, into: &sink) }
        }
    }

    /// A scalar of YAML: plain, in single or in double quotes.
    private func item(_ bytes: Span<UInt8>, _ range: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) {
        guard let scalar = YAMLScalar(bytes, range) else {
            scope.warn(
                "lines of YAML that are not read", line: line, "'\(ListScope.shown(bytes, range))' is no plain or quoted text", into: &sink)
            return
        }
        switch scalar {
        case .asWritten(let part): entry(bytes, part, line, &scope, into: &sink)
        case .decoded(let text): entry(text.span, 0..<text.count, line, &scope, into: &sink)
        }
    }

    private func entry(_ bytes: Span<UInt8>, _ range: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) {
        let entry = bytes.trimmed(range)
        guard !entry.isEmpty else {
            scope.warn("empty entries", line: line, "an empty entry", into: &sink)
            return
        }
        if let comma = bytes.first(UInt8(ascii: ","), in: entry) {
            classical(bytes, bytes.trimmed(entry.lowerBound..<comma), comma + 1..<entry.upperBound, line, &scope, into: &sink)
        } else {
            domain(bytes, entry, line, &scope, into: &sink)
        }
    }

    private func domain(_ bytes: Span<UInt8>, _ entry: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) {
        let said = ListLine(line: line)
        let hasPlus = bytes.starts(entry, with: "+.")
        let kind: NameKind = hasPlus ? .suffix : bytes.starts(entry, with: ".") ? .below : .exact
        let name = entry.lowerBound + (kind == .suffix ? 2 : kind == .below ? 1 : 0)..<entry.upperBound
        guard bytes.first(UInt8(ascii: "*"), in: name) != nil else {
            if kind == .exact {
                switch scope.readWord(bytes, name, line: line, into: &sink) {
                case .name: sink.take(.exact, scope.name, said)
                case .network(let network): sink.take(.network(network), said)
                case .nothing: break
                }
            } else if scope.readName(bytes, name, line: line, into: &sink) {
                sink.take(kind, scope.name, said)
            }
            return
        }
        guard let source = labels(bytes, name, kind) else {
            scope.warn(
                "'*' that is not a whole label", line: line, "'\(ListScope.shown(bytes, entry))': '*' stands for exactly one label",
                hint: "DOMAIN-WILDCARD,… for a part of one", into: &sink)
            return
        }
        scope.takeRegex(source, said, into: &sink)
    }

    /// The regex of labels of which some are `*`; nil when it is no such name.
    private func labels(_ bytes: Span<UInt8>, _ name: Range<Int>, _ kind: NameKind) -> String? {
        guard name.count <= 253 else { return nil }
        let start =
            switch kind {
            case .exact: "^"
            case .suffix: "(^|\\.)"
            case .below: "\\."
            }
        var parts: [String] = []
        var rest: Range<Int>? = name
        while let label = bytes.part(of: &rest, by: UInt8(ascii: ".")) {
            if bytes.equals(label, "*") {
                parts.append("[^.]+")
            } else {
                var own = Name()
                guard own.read(bytes, label) != .malformed, own.labelCount == 1 else { return nil }
                parts.append(RegexText.escaped(own.description))
            }
        }
        return start + parts.joined(separator: "\\.") + "$"
    }
}
