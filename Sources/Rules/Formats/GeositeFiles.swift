// SPDX-License-Identifier: MIT

/// Reads a geosite list and those that it includes, each line for each way that leads to it.
struct GeositeFiles {
    let open: (String) -> [UInt8]?
    let affiliated: [String: [GeositeList.Affiliated]]
    /// Files read so far: includes that fan out in every file could else be read for ever.
    private var opened = 0
    /// Includes that could not be followed.
    private var failures = 0

    /// Files in one another, and files in all. The whole of domain-list-community has 1,500.
    static let deepest = 32
    static let most = 20_000

    init(open: @escaping (String) -> [UInt8]?, affiliated: [String: [GeositeList.Affiliated]]) {
        self.open = open
        self.affiliated = affiliated
    }

    /// - Parameters:
    ///   - way: the lists that included one another, this one last.
    ///   - filters: what each of them was asked for.
    mutating func read(
        _ bytes: Span<UInt8>, _ way: [String], _ filters: [[ListAttribute]], _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        var lines = LineCursor()
        while let line = lines.next(in: bytes) { read(bytes, line, lines.number, way, filters, &scope, into: &sink) }
        guard let own = way.last, let others = affiliated[own] else { return }
        for other in others {
            let outer = enter(other.file, &scope, into: &sink)
            read(other.text.span, 0..<other.text.count, other.line, way, filters, &scope, into: &sink)
            leave(to: outer, &scope, into: &sink)
        }
    }

    private mutating func read(
        _ bytes: Span<UInt8>, _ whole: Range<Int>, _ number: Int, _ way: [String], _ filters: [[ListAttribute]], _ scope: inout ListScope,
        into sink: inout some ListSink
    ) {
        var rest = whole
        if let comment = bytes.first(UInt8(ascii: "#"), in: rest) { rest = rest.lowerBound..<comment }
        guard var entry = bytes.word(of: &rest) else { return }
        var attributes: [ListAttribute] = []
        if let colon = Self.exported(bytes, entry) {
            attributes = bytes.string(colon + 1..<entry.upperBound).split(separator: ",").compactMap { ListAttribute($0.dropFirst()) }
            entry = entry.lowerBound..<colon
        }
        while let word = bytes.word(of: &rest) {
            let text = word.count > 1 && word.count <= 100 ? bytes.string(word.lowerBound + 1..<word.upperBound) : ""
            if bytes[word.lowerBound] == UInt8(ascii: "@"), let attribute = ListAttribute(text) {
                attributes.append(attribute)
            } else if bytes[word.lowerBound] != UInt8(ascii: "&") || !Self.isListName(text) {
                scope.warn(
                    "no attribute and no affiliation", line: number,
                    "'\(ListScope.shown(bytes, word))' is neither @ATTRIBUTE nor &LIST: the line is not taken", into: &sink)
                return
            }
        }
        if bytes.starts(entry, with: "include:") {
            let name = bytes.string((entry.lowerBound + 8..<entry.upperBound).prefix(200))
            include(name, attributes, number, way, filters, &scope, into: &sink)
        } else if filters.allSatisfy({ $0.allSatisfy { $0.isExcluded != attributes.contains(ListAttribute($0.name)) } }) {
            Self.take(bytes, entry, number, &scope, into: &sink)
        }
    }

    /// Where the attributes of an exported line begin: at the colon before its `@`.
    private static func exported(_ bytes: Span<UInt8>, _ entry: Range<Int>) -> Int? {
        guard !bytes.starts(entry, with: "regexp:"), let at = bytes.first(UInt8(ascii: "@"), in: entry), at > entry.lowerBound + 1,
            bytes[at - 1] == UInt8(ascii: ":")
        else { return nil }
        return at - 1
    }

    private static func take(
        _ bytes: Span<UInt8>, _ entry: Range<Int>, _ number: Int, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        let said = ListLine(line: number)
        guard let colon = bytes.first(UInt8(ascii: ":"), in: entry) else {
            if scope.readName(bytes, entry, line: number, into: &sink) { sink.take(.suffix, scope.name, said) }
            return
        }
        let type = entry.lowerBound..<colon
        let value = colon + 1..<entry.upperBound
        if bytes.equals(type, "domain") {
            if scope.readName(bytes, value, line: number, into: &sink) { sink.take(.suffix, scope.name, said) }
        } else if bytes.equals(type, "full") {
            if scope.readName(bytes, value, line: number, into: &sink) { sink.take(.exact, scope.name, said) }
        } else if bytes.equals(type, "keyword") {
            scope.takeKeyword(bytes.string(value.prefix(300)), said, into: &sink)
        } else if bytes.equals(type, "regexp") {
            scope.takeRegex(bytes.string(value.prefix(ListScope.longestRegex + 1)), said, into: &sink)
        } else {
            let types = ["domain", "full", "keyword", "regexp", "include"]
            scope.warn(
                "unknown types", line: number, "unknown type '\(ListScope.shown(bytes, type))'",
                hint: nearestWord(to: bytes.string(type.prefix(64)), among: types).map { "did you mean \($0)?" }
                    ?? types.joined(separator: ", "), into: &sink)
        }
    }

    private mutating func include(
        _ written: String, _ attributes: [ListAttribute], _ line: Int, _ way: [String], _ filters: [[ListAttribute]],
        _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        let name = written.lowercased()
        func fail(_ message: String, hint: String? = nil) {
            failures += 1
            guard failures <= ListScope.shown else { return }
            sink.warn(Problem(.error, file: scope.file, line: line, column: 1, message, hint: hint))
        }
        guard Self.isListName(written) else {
            let shown = ListScope.shown(Array(written.utf8).span, 0..<written.utf8.count)
            return fail("'\(shown)' is no name of a list", hint: "include:NAME of a file beside this one")
        }
        let path = (way + [name]).joined(separator: " → ")
        guard !way.contains(name) else { return fail("lists include one another in a circle: \(path)") }
        opened += 1
        guard way.count < Self.deepest, opened < Self.most else {
            return fail("more includes than \(Self.deepest) deep or \(Self.most) in all: \(path)")
        }
        guard let bytes = open(written) ?? (name == written ? nil : open(name)) else {
            return fail("there is no list '\(name)' beside this file", hint: "put the file \(name) into the same folder")
        }
        let outer = enter(name, &scope, into: &sink)
        read(bytes.span, way + [name], filters + [attributes], &scope, into: &sink)
        leave(to: outer, &scope, into: &sink)
    }

    /// What follows stands in the file `name` beside the current one, which is given back.
    private func enter(_ name: String, _ scope: inout ListScope, into sink: inout some ListSink) -> String {
        let outer = scope.file
        let folder = outer.lastIndex(of: "/").map { outer[...$0] } ?? ""
        leave(to: folder + name, &scope, into: &sink)
        return outer
    }

    private func leave(to file: String, _ scope: inout ListScope, into sink: inout some ListSink) {
        scope.file = file
        sink.begin(file: file)
    }

    /// Letters, digits, `!` and `-`.
    static func isListName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100
            && text.utf8.allSatisfy { ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "!") }
    }
}
