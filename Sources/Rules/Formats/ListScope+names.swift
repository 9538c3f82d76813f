// SPDX-License-Identifier: MIT
import Wire

extension ListScope {
    static let notAName = "not a domain name"
    /// A longer regex is no list's: the compiler's time and memory are its own to spend, not a stranger's.
    static let longestRegex = 1000

    /// What stands where a name should.
    enum Word {
        /// It is in `name`.
        case name
        case network(Network)
        /// Nothing that can be taken; said already.
        case nothing
    }

    /// Reads a name into `name`; false, with a warning, when there is none.
    mutating func readName(_ bytes: Span<UInt8>, _ range: Range<Int>, line: Int, into sink: inout some ListSink) -> Bool {
        switch name.read(bytes, range) {
        case .name: return true
        case .numbers:
            if range.count < 16, IPAddress(bytes.string(range)) != nil {
                warn("addresses in the place of names", line: line, "'\(Self.shown(bytes, range))' is an address", into: &sink)
            } else {
                warn(
                    "names that end in a number", line: line,
                    "'\(Self.shown(bytes, range))' is not an address, and no name ends in a number", into: &sink)
            }
            return false
        case .foreign:
            guard range.count <= 1000, let text = bytes.text(range) else {
                warn("not UTF-8 text", line: line, "'\(Self.shown(bytes, range))' is not UTF-8 text", into: &sink)
                return false
            }
            guard let ascii = idna(text), case .name = name.read(Array(ascii.utf8).span, 0..<ascii.utf8.count) else {
                warn(
                    "no internationalized domain name", line: line,
                    "'\(Self.shown(bytes, range))' cannot be written as an internationalized domain name", hint: "its xn-- form",
                    into: &sink)
                return false
            }
            return true
        case .malformed:
            // Escapes are for names whose labels hold a dot or worse; hardly any list has them.
            if bytes.first(UInt8(ascii: "\\"), in: range) != nil, range.count <= 1100, let escaped = Name(bytes.string(range)),
                !escaped.isRoot
            {
                name = escaped
                return true
            }
            warn(
                Self.notAName, line: line, "'\(Self.shown(bytes, range))' is not a domain name", hint: Self.hint(bytes, range), into: &sink)
            return false
        }
    }

    /// Reads a name, an address or a network.
    mutating func readWord(_ bytes: Span<UInt8>, _ range: Range<Int>, line: Int, into sink: inout some ListSink) -> Word {
        let written = name.read(bytes, range)
        if written == .name { return .name }
        if range.count <= 64, let text = bytes.text(range), !text.isEmpty {
            let isNetwork =
                written == .numbers
                ? IPAddress(text) != nil
                : written != .foreign && text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }
            if isNetwork {
                return readNetwork(text, line: line, into: &sink).map(Word.network) ?? .nothing
            }
        }
        return readName(bytes, range, line: line, into: &sink) ? .name : .nothing
    }

    /// A network that `text` writes; nil, with a warning, if it is none, or the network of all addresses.
    mutating func readNetwork(_ text: String, line: Int, into sink: inout some ListSink) -> Network? {
        guard let network = Network(text) else {
            let shown = Self.shown(Array(text.utf8).span, 0..<text.utf8.count)
            warn("not a network", line: line, "'\(shown)' is neither a domain name nor a network", hint: Self.hint(text), into: &sink)
            return nil
        }
        guard network.length > 0 else {
            warn(
                "a network of all addresses", line: line, "'\(text)' is the network of all addresses: not taken",
                hint: "routing.default in the configuration says where all else goes", into: &sink)
            return nil
        }
        return network
    }

    /// Whether the regex is one that a list may have: UTF-8, not empty, not huge. Whether it compiles is for the compiler of all of them.
    mutating func takeRegex(_ source: String, _ said: ListLine, into sink: inout some ListSink) {
        guard !source.isEmpty, source.utf8.count <= Self.longestRegex, !source.utf8.contains(0) else {
            warn(
                "not a regex", line: said.line,
                source.isEmpty
                    ? "an empty regex matches every name: not taken" : "a regex of more than \(Self.longestRegex) bytes: not taken",
                into: &sink)
            return
        }
        sink.take(.regex(source), said)
    }

    mutating func takeKeyword(_ keyword: String, _ said: ListLine, into sink: inout some ListSink) {
        let keyword = keyword.lowercased()
        guard !keyword.isEmpty, keyword.utf8.count <= 253, keyword.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            warn(
                "not a keyword", line: said.line,
                keyword.isEmpty
                    ? "an empty keyword matches every name: not taken" : "a keyword is up to 253 characters of ASCII: not taken",
                into: &sink)
            return
        }
        sink.take(.keyword(keyword), said)
    }

    /// `range` as a message may show it: not too long, nothing in it that moves a terminal's cursor.
    static func shown(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        let limit = 60
        let text = bytes.string(range.prefix(limit * 4))
        var shown = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.count > limit ? shown + "…" : shown
    }

    /// What to write instead of what is no name.
    private static func hint(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? { range.count > 300 ? nil : hint(bytes.string(range)) }

    private static func hint(_ text: String) -> String? {
        if text.contains("://") { return "only the host's name, without '://' and path" }
        if text.hasPrefix("||") || text.hasPrefix("@@") { return "that is how adguard lists are written: include adguard" }
        if text.hasPrefix("+.") || text.contains(",") { return "that is how clash lists are written: include clash" }
        if text.hasPrefix(".") { return "*\(text) for what is below it, \(text.dropFirst()) for the name too" }
        if text.contains("*") { return "'*' stands only at the start, before a dot" }
        return nil
    }
}

extension Range<Int> {
    /// At most the first `count`.
    func prefix(_ count: Int) -> Range<Int> { lowerBound..<Swift.min(upperBound, lowerBound + Swift.min(count, self.count)) }
}
