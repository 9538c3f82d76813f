// SPDX-License-Identifier: MIT
import Wire

/// What patterns of AdGuard's filter language mean for names.
enum AdguardFilter {
    static func take(_ rule: AdguardRule, _ bytes: Span<UInt8>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink) {
        if let stranger = rule.stranger {
            let name = stranger.lowerBound..<(bytes.first(UInt8(ascii: "="), in: stranger) ?? stranger.upperBound)
            let shown = "$" + ListScope.shown(bytes, name)
            scope.warn("\(shown) is not read", line: line, "the modifier \(shown) is not read: the line is not taken", into: &sink)
            return
        }
        let said = ListLine(line: line, isException: rule.isException)
        guard !rule.isRegex else {
            return scope.takeRegex(bytes.string(rule.pattern.prefix(ListScope.longestRegex + 1)), said, into: &sink)
        }
        take(pattern: rule.pattern, of: bytes, said, &scope, into: &sink)
    }

    private static func take(
        pattern: Range<Int>, of bytes: Span<UInt8>, _ said: ListLine, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        var body = pattern
        let isOnLabel = bytes.starts(body, with: "||")
        let isAtStart = !isOnLabel && bytes.starts(body, with: "|")
        body = body.lowerBound + (isOnLabel ? 2 : isAtStart ? 1 : 0)..<body.upperBound
        var isAtEnd = false
        while !body.isEmpty, bytes[body.upperBound - 1] == UInt8(ascii: "^") || bytes[body.upperBound - 1] == UInt8(ascii: "|") {
            isAtEnd = true
            body = body.lowerBound..<body.upperBound - 1
        }
        let isAnchored = isOnLabel || isAtStart
        let isWild = bytes.starts(body, with: "*.")
        let isBelow = isWild || (!isAnchored && bytes.starts(body, with: "."))
        let plain = isBelow ? body.lowerBound + (isWild ? 2 : 1)..<body.upperBound : body
        guard !plain.isEmpty, !bytes.equals(plain, "*") else {
            scope.warn("patterns for every name", line: said.line, "a pattern for every name: not taken", into: &sink)
            return
        }
        guard bytes.first(UInt8(ascii: "*"), in: plain) == nil else {
            return wild(bytes, body, isOnLabel, isAtStart, isAtEnd, said, &scope, into: &sink)
        }
        guard isAtEnd || (!isAnchored && !isBelow && said.isException && bytes.first(UInt8(ascii: "."), in: plain) != nil) else {
            // `||x` would also take x.anything, and x-anything: nobody means that.
            guard isOnLabel, !isBelow else { return loose(bytes, pattern, said.line, &scope, into: &sink) }
            scope.warn(
                "patterns without '^'", line: said.line, "without '^' at the end it is taken as if there were one",
                hint: "\(ListScope.shown(bytes, pattern))^", into: &sink)
            return name(bytes, plain, .suffix, said, &scope, into: &sink)
        }
        if isBelow { return name(bytes, plain, .below, said, &scope, into: &sink) }
        if isOnLabel { return name(bytes, plain, .suffix, said, &scope, into: &sink) }
        if isAtStart || !isAtEnd { return name(bytes, plain, .exact, said, &scope, into: &sink) }
        guard scope.readName(bytes, plain, line: said.line, into: &sink) else { return }
        scope.takeRegex(RegexText.ends(with: scope.name), said, into: &sink)
    }

    /// A name, or an address in its place.
    private static func name(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ kind: NameKind, _ said: ListLine, _ scope: inout ListScope,
        into sink: inout some ListSink
    ) {
        switch scope.readWord(bytes, range, line: said.line, into: &sink) {
        case .name: sink.take(kind, scope.name, said)
        case .network(let network): sink.take(.network(network), said)
        case .nothing: break
        }
    }

    /// `*` in the middle: any run of characters.
    private static func wild(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ isOnLabel: Bool, _ isAtStart: Bool, _ isAtEnd: Bool, _ said: ListLine,
        _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        var source = isOnLabel ? "(^|\\.)" : isAtStart ? "^" : ""
        var letters = 0
        for index in body.prefix(ListScope.longestRegex) {
            switch bytes[index] {
            case UInt8(ascii: "*"): source += ".*"
            case let byte where Self.isOfNames(byte):
                source += RegexText.escaped(String(UnicodeScalar(Name.lowercased(byte))))
                letters += 1
            default: return loose(bytes, body, said.line, &scope, into: &sink)
            }
        }
        guard letters > 0 else { return loose(bytes, body, said.line, &scope, into: &sink) }
        scope.takeRegex(source + (isAtEnd ? "$" : ""), said, into: &sink)
    }

    private static func loose(
        _ bytes: Span<UInt8>, _ pattern: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        scope.warn(
            "patterns that are not read", line: line, "'\(ListScope.shown(bytes, pattern))' is no pattern for names that is read here",
            hint: "||x^ for x and all below it, |x^ for x, /regex/", into: &sink)
    }

    private static func isOfNames(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
