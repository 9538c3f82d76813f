// SPDX-License-Identifier: MIT
import Wire

/// AdGuard: upstream lines, and the part of its filter language that concerns names. `!` or `#` begins a comment line.
///
/// - `[/DOMAIN/…/]SERVER…`: `tunnel`, `direct` and `lan` take the domains with all below them, asked at the first server that is an address;
///   `*.x` is only what is below x, an empty domain every name of one label. `#` as the server excepts them from the list, but not longer domains
///   below. `block` does not take them. A line with servers and no domain is not taken.
/// - `||x^` (x and all below it), `|x^` and a bare name (exactly), `.x^` and `*.x^` (below it), `x^` (every name that ends so), `*` anywhere else
///   (a regex), `/regex/`, addresses in place of x, and lines of hosts files: every action takes them, in the place of AdGuard's blocking.
/// - `@@` in front: an exception from this list. `$important`: exceptions without it do not reach the line.
/// - Every other modifier, and rules for pages (`##`): the line is not taken.
struct AdguardList {
    func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        guard scope.depth == 0 else {
            // Exceptions of the filter stand above all of it, wherever they are.
            return each(bytes) { line, number in
                if bytes[line.lowerBound] == UInt8(ascii: "[") { upstream(bytes, line, number, &scope, into: &sink) }
            }
        }
        // What is important is as a list of its own, so that only important exceptions reach it.
        var hasImportant = false
        each(bytes) { line, number in
            guard let rule = AdguardRule(bytes, line), rule.isImportant else { return }
            hasImportant = true
            AdguardFilter.take(rule, bytes, number, &scope, into: &sink)
        }
        if hasImportant { sink.begin(file: scope.file) }
        each(bytes) { line, number in
            if bytes[line.lowerBound] == UInt8(ascii: "[") {
                upstream(bytes, line, number, &scope, into: &sink)
            } else if Self.isForPages(bytes, line) {
                scope.warn("rules for pages", line: number, "a rule for pages, not for names", into: &sink)
            } else if let rule = AdguardRule(bytes, line) {
                // An important exception is one from the other lines too.
                if !rule.isImportant || (rule.isException && rule.stranger == nil) {
                    AdguardFilter.take(rule, bytes, number, &scope, into: &sink)
                }
            } else {
                word(bytes, line, number, &scope, into: &sink)
            }
        }
    }

    /// Lines that are no comment and not empty.
    private func each(_ bytes: Span<UInt8>, _ body: (Range<Int>, Int) -> Void) {
        var lines = LineCursor()
        while let line = lines.next(in: bytes) {
            guard !line.isEmpty, bytes[line.lowerBound] != UInt8(ascii: "!") else { continue }
            if bytes[line.lowerBound] == UInt8(ascii: "#"), !Self.isForPages(bytes, line) { continue }
            body(line, lines.number)
        }
    }

    /// `##`, `#@#`, `#?#`, `#$#`, `#%#`, with or without names in front.
    private static func isForPages(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        guard let hash = bytes.first(UInt8(ascii: "#"), in: line), hash + 1 < line.upperBound else { return false }
        if hash > line.lowerBound, bytes.isBlank(hash - 1) { return false }
        if bytes[hash + 1] == UInt8(ascii: "#") {
            // A line of many `#` is a comment's ornament.
            return hash + 2 < line.upperBound && bytes[hash + 2] != UInt8(ascii: "#") && !bytes.isBlank(hash + 2)
        }
        return hash + 2 < line.upperBound && bytes[hash + 2] == UInt8(ascii: "#")
            && [UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "$"), UInt8(ascii: "%")].contains(bytes[hash + 1])
    }

    /// A line without anything of the filter language: a hosts line, a bare name, or a server.
    private func word(
        _ bytes: Span<UInt8>, _ line: Range<Int>, _ number: Int, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        var rest = line
        if let hash = bytes.first(UInt8(ascii: "#"), in: rest), hash > rest.lowerBound, bytes.isBlank(hash - 1) {
            rest = rest.lowerBound..<hash
        }
        guard let first = bytes.word(of: &rest) else { return }
        if !bytes.trimmed(rest).isEmpty {
            guard let isSink = HostsList.isSink(bytes, first) else {
                scope.warn(
                    "more than one word in a line", line: number,
                    "'\(ListScope.shown(bytes, line))' is neither a filter rule nor a line of a hosts file", into: &sink)
                return
            }
            return HostsList().read(names: rest, of: bytes, line: number, isSink: isSink, &scope, into: &sink)
        }
        let isServer =
            first.count <= 300 && (ServerAddress(bytes.string(first)) != nil || bytes.string(first).contains("://"))
        if isServer {
            scope.warn(
                "servers for all names", line: number, "a server without a domain: not taken",
                hint: "[/DOMAIN/]SERVER, or ||ADDRESS^ for an address", into: &sink)
        } else if scope.readName(bytes, first, line: number, into: &sink) {
            sink.take(.exact, scope.name, ListLine(line: number))
        }
    }
}
