// SPDX-License-Identifier: MIT
import Wire

extension AdguardList {
    /// `[/DOMAIN/…/]SERVER…`, or a list's title in brackets.
    func upstream(
        _ bytes: Span<UInt8>, _ line: Range<Int>, _ number: Int, _ scope: inout ListScope, into sink: inout some ListSink
    ) {
        guard bytes.starts(line, with: "[/"), let end = bytes.first(UInt8(ascii: "]"), in: line), end > line.lowerBound + 2,
            bytes[end - 1] == UInt8(ascii: "/")
        else {
            if bytes.starts(line, with: "[adblock", blind: true) || bytes.starts(line, with: "[adguard", blind: true) { return }
            scope.warn(
                "brackets that hold no domains", line: number, "'\(ListScope.shown(bytes, line))' is not [/DOMAIN/]SERVER", into: &sink)
            return
        }
        guard scope.asks else {
            scope.warn(
                "upstream lines in a block list", line: number, "the line names a server, the include 'block': not taken", into: &sink)
            return
        }
        var said = ListLine(line: number)
        var rest = end + 1..<line.upperBound
        var count = 0
        while let word = bytes.word(of: &rest) {
            // Alone it is the usual servers; behind a server it begins a comment.
            if bytes[word.lowerBound] == UInt8(ascii: "#"), word.count > 1 || count > 0 { break }
            count += 1
            if bytes.equals(word, "#") {
                said.isException = true
            } else if said.via == nil {
                said.via = server(bytes, word, number, &scope, into: &sink)
            } else {
                scope.warn(
                    "second servers", line: number, "'\(ListScope.shown(bytes, word))' is left out: one server is asked", into: &sink)
            }
        }
        guard count > 0 else {
            scope.warn(
                "upstream lines without a server", line: number, "no server behind the brackets", hint: "[/DOMAIN/]10.0.0.53", into: &sink)
            return
        }
        if said.isException { said.via = nil }
        var domains: Range<Int>? = line.lowerBound + 2..<end - 1
        while let domain = bytes.part(of: &domains, by: UInt8(ascii: "/")) {
            let name = bytes.trimmed(domain)
            if name.isEmpty {
                if scope.depth == 0 { sink.take(.regex("^[^.]+$"), said) }
            } else if bytes.starts(name, with: "*.") {
                guard scope.readName(bytes, name.lowerBound + 2..<name.upperBound, line: number, into: &sink) else { continue }
                scope.take(.below, said, into: &sink)
            } else if scope.readName(bytes, name, line: number, into: &sink) {
                scope.take(.suffix, said, into: &sink)
            }
        }
    }

    private func server(
        _ bytes: Span<UInt8>, _ word: Range<Int>, _ line: Int, _ scope: inout ListScope, into sink: inout some ListSink
    ) -> ServerAddress? {
        let server = scope.server(bytes, word) { text in
            // Plain DNS has two more names with AdGuard: over UDP first, and over TCP from the start.
            ServerAddress(text.hasPrefix("udp://") ? text.dropFirst(6) : text[...])
        }
        if server == nil {
            scope.warn(
                "servers that cannot be asked", line: line,
                "'\(ListScope.shown(bytes, word))' is not an address, tls://ADDRESS or https://ADDRESS: if no other is named, the path's own "
                    + "servers are asked", into: &sink)
        }
        return server
    }
}
