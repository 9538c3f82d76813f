// SPDX-License-Identifier: MIT

/// A source file of v2fly's domain-list-community: `[TYPE:]VALUE [@ATTRIBUTE…] [&LIST…]` a line; `include:NAME [@ATTRIBUTE…]`; `#` begins a
/// comment anywhere. Types are `domain` (the name and all below it, also when no type is written), `full`, `keyword` and `regexp`. The exported
/// form `TYPE:VALUE:@ATTRIBUTE,…` is read too.
///
/// Every action takes all of it. `include geosite data/google@cn@-ads` takes only lines with the attribute `cn` and without `ads`; an `include:`
/// in the file narrows in the same way. `&LIST` adds a line to another list: it is taken with the file it stands in, and with the list it names
/// when the files beside that one are at hand. A circle of `include:`, or one that names no file, is an error: the list is not whole.
struct GeositeList {
    let filter: [ListAttribute]
    /// The bytes of the file of that name beside this one.
    let open: @Sendable (String) -> [UInt8]?
    /// The names of all files beside this one.
    let beside: @Sendable () -> [String]

    /// A line of another file that names a list.
    struct Affiliated {
        let file: String
        let line: Int
        let text: [UInt8]
    }

    func read(_ bytes: Span<UInt8>, _ scope: inout ListScope, into sink: inout some ListSink) {
        let own = (scope.file.split(separator: "/").last.map(String.init) ?? scope.file).lowercased()
        var files = GeositeFiles(open: open, affiliated: affiliated())
        files.read(bytes, [own], [filter], &scope, into: &sink)
    }

    /// By the list they name; each file beside this one is read once for it.
    private func affiliated() -> [String: [Affiliated]] {
        var found: [String: [Affiliated]] = [:]
        for file in beside().sorted() where GeositeFiles.isListName(file) {
            guard let bytes = open(file) else { continue }
            let span = bytes.span
            var lines = LineCursor()
            while let line = lines.next(in: span) {
                guard span.first(UInt8(ascii: "&"), in: line) != nil, !span.starts(line, with: "include:") else { continue }
                var rest = line
                if let comment = span.first(UInt8(ascii: "#"), in: rest) { rest = rest.lowerBound..<comment }
                let text = span.array(rest)
                while let word = span.word(of: &rest) {
                    guard span[word.lowerBound] == UInt8(ascii: "&"), word.count <= 100 else { continue }
                    let list = span.string(word.lowerBound + 1..<word.upperBound).lowercased()
                    if list != file.lowercased() { found[list, default: []].append(Affiliated(file: file, line: lines.number, text: text)) }
                }
            }
        }
        return found
    }
}
