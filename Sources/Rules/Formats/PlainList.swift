// SPDX-License-Identifier: MIT
import Wire

/// One name a line: with all below it, or exactly it when the include says `exact`. `*.x` is only what is below x. Addresses and networks may
/// stand among them; `#` begins a comment.
///
/// Every action takes all of it.
struct PlainList {
    let isExact: Bool

    func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        let whole: NameKind = isExact ? .exact : .suffix
        var lines = LineCursor()
        while var line = lines.next(in: bytes) {
            // Nearly every line is a name and nothing else.
            if case .name = scope.name.read(bytes, line) {
                sink.take(whole, scope.name, ListLine(line: lines.number))
                continue
            }
            if let comment = bytes.first(UInt8(ascii: "#"), in: line) {
                if isPageRule(bytes, line, comment) {
                    scope.warn(
                        "rules for pages", line: lines.number,
                        "'\(ListScope.shown(bytes, line))' is a rule for pages, not for names: not taken",
                        hint: "include adguard, instead of include plain, takes what is for names", into: &sink)
                    continue
                }
                line = line.lowerBound..<comment
            }
            guard let word = bytes.word(of: &line) else { continue }
            if let second = bytes.word(of: &line) {
                refuse(bytes, word, second, lines.number, &scope, into: &sink)
            } else if bytes.starts(word, with: "*.") {
                guard scope.readName(bytes, word.lowerBound + 2..<word.upperBound, line: lines.number, into: &sink) else { continue }
                sink.take(.below, scope.name, ListLine(line: lines.number))
            } else {
                switch scope.readWord(bytes, word, line: lines.number, into: &sink) {
                case .name: sink.take(whole, scope.name, ListLine(line: lines.number))
                case .network(let network): sink.take(.network(network), ListLine(line: lines.number))
                case .nothing: break
                }
            }
        }
    }

    /// `example.com##.ad` and its kin hide parts of pages: not one of the names in such a list is meant as a whole.
    private func isPageRule(_ bytes: Span<UInt8>, _ line: Range<Int>, _ mark: Int) -> Bool {
        guard mark > line.lowerBound, mark + 1 < line.upperBound, bytes[mark - 1] > UInt8(ascii: " ") else { return false }
        return "#@?$%".utf8.contains(bytes[mark + 1])
    }

    private func refuse(
        _ bytes: Span<UInt8>, _ word: Range<Int>, _ second: Range<Int>, _ line: Int, _ scope: inout ListScope,
        into sink: inout some ListSink
    ) {
        guard word.count <= 64, IPAddress(bytes.string(word)) != nil else {
            scope.warn(
                "more than one word in a line", line: line,
                "'\(ListScope.shown(bytes, second))' stands behind the name: the line is not taken",
                hint: "one name a line; '#' begins a comment", into: &sink)
            return
        }
        scope.warn(
            "lines of a hosts file", line: line, "an address and a name, as in a hosts file: not taken",
            hint: "include hosts, instead of include plain", into: &sink)
    }
}
