// SPDX-License-Identifier: MIT
import Wire

/// A rule-set of sing-box as source JSON, versions 1 to 4.
///
/// `domain` is exactly the name, `domain_suffix` the name and all below it, with a dot in front only what is below it; `domain_keyword`,
/// `domain_regex` and `ip_cidr`. Every action takes all of them. A rule that says anything else too (`port`, `source_ip_cidr`, `invert`, a
/// `logical` one) is narrower or another one, and is not taken. A text that is not JSON, or of another version, is an error.
struct SingboxList {
    private static let own: Set<String> = ["domain", "domain_suffix", "domain_keyword", "domain_regex", "ip_cidr"]

    func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        var counter = LineCounter()
        do throws(JSONText.Mistake) {
            try read(bytes, &counter, &scope, into: &sink)
        } catch {
            let place = LineCounter.place(bytes, error.offset)
            sink.warn(
                Problem(
                    .error, file: scope.file, line: place.line, column: place.column, "no JSON rule-set: \(error.message)",
                    hint: "sing-box rule-set format FILE tells more"))
        }
    }

    private func read(
        _ bytes: Span<UInt8>, _ counter: inout LineCounter, _ scope: inout ListScope, into sink: inout some ListSink
    ) throws(JSONText.Mistake) {
        var text = JSONText()
        var version: Int?
        var rules: Int?
        // The version decides whether the rules are read at all, and may stand behind them.
        _ = text.peek(bytes)
        let start = text.offset
        var versionPlace = start
        try text.object(bytes) { text, key throws(JSONText.Mistake) in
            if key == "version" {
                _ = text.peek(bytes)
                versionPlace = text.offset
                version = Int(bytes.string(try text.word(bytes)))
            } else {
                if key == "rules" {
                    _ = text.peek(bytes)
                    rules = text.offset
                }
                try text.skip(bytes)
            }
        }
        guard text.peek(bytes) == nil else { throw text.unexpected(bytes, "the end") }
        guard let version, (1...4).contains(version) else {
            throw JSONText.Mistake(offset: versionPlace, message: "\"version\" is 1 to 4 in what is read here")
        }
        guard let rules else { throw JSONText.Mistake(offset: start, message: "there are no \"rules\"") }
        text.offset = rules
        try text.list(bytes) { text throws(JSONText.Mistake) in try rule(bytes, &text, &counter, &scope, into: &sink) }
    }

    private func rule(
        _ bytes: Span<UInt8>, _ text: inout JSONText, _ counter: inout LineCounter, _ scope: inout ListScope,
        into sink: inout some ListSink
    ) throws(JSONText.Mistake) {
        _ = text.peek(bytes)
        let start = text.offset
        var stranger: (key: String, offset: Int)?
        // What makes it another rule may stand at its end: look at all of it first.
        try text.object(bytes) { text, key throws(JSONText.Mistake) in
            _ = text.peek(bytes)
            let place = text.offset
            try text.skip(bytes, depth: 3)
            let value = place..<text.offset
            let isDefault = (key == "invert" && bytes.equals(value, "false")) || (key == "type" && bytes.equals(value, "\"default\""))
            if stranger == nil, !Self.own.contains(key), !isDefault { stranger = (key, place) }
        }
        if let stranger {
            let line = counter.line(bytes, stranger.offset)
            let key = ListScope.shown(Array(stranger.key.utf8).span, 0..<stranger.key.utf8.count)
            scope.warn(
                "rules with '\(key)'", line: line, "'\(key)' makes this rule narrower or another one: not taken", into: &sink)
            return
        }
        let end = text.offset
        text.offset = start
        try text.object(bytes) { text, key throws(JSONText.Mistake) in
            guard Self.own.contains(key) else { return try text.skip(bytes) }
            guard text.peek(bytes) == UInt8(ascii: "[") else {
                return try value(key, bytes, &text, &counter, &scope, into: &sink)
            }
            try text.list(bytes) { text throws(JSONText.Mistake) in try value(key, bytes, &text, &counter, &scope, into: &sink) }
        }
        text.offset = end
    }

    private func value(
        _ key: String, _ bytes: Span<UInt8>, _ text: inout JSONText, _ counter: inout LineCounter, _ scope: inout ListScope,
        into sink: inout some ListSink
    ) throws(JSONText.Mistake) {
        _ = text.peek(bytes)
        let place = text.offset
        let said = ListLine(line: counter.line(bytes, place))
        let (range, isEscaped) = try text.rawString(bytes)
        switch key {
        case "domain", "domain_suffix":
            guard isEscaped else { return name(key, bytes, range, said, &scope, into: &sink) }
            text.offset = place
            let decoded = Array(try text.string(bytes).utf8)
            name(key, decoded.span, 0..<decoded.count, said, &scope, into: &sink)
        default:
            text.offset = place
            let value = try text.string(bytes)
            switch key {
            case "domain_keyword": scope.takeKeyword(value, said, into: &sink)
            case "domain_regex": scope.takeRegex(value, said, into: &sink)
            default:
                if let network = scope.readNetwork(value, line: said.line, into: &sink) { sink.take(.network(network), said) }
            }
        }
    }

    private func name(
        _ key: String, _ bytes: Span<UInt8>, _ range: Range<Int>, _ said: ListLine, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        let isSuffix = key == "domain_suffix"
        let isBelow = isSuffix && bytes.starts(range, with: ".")
        let name = range.lowerBound + (isBelow ? 1 : 0)..<range.upperBound
        guard scope.readName(bytes, name, line: said.line, into: &sink) else { return }
        sink.take(isBelow ? .below : isSuffix ? .suffix : .exact, scope.name, said)
    }
}
