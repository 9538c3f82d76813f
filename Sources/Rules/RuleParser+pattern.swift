// SPDX-License-Identifier: MIT
import Wire

extension RuleParser {
    func pattern(_ word: Word, _ line: Int) throws(Problem) -> Pattern {
        func wrong(_ message: String, hint: String? = nil) -> Problem {
            Problem(.error, file: file, line: line, column: word.column, message, hint: hint)
        }
        func name(_ text: some StringProtocol) throws(Problem) -> Name {
            let written = String(text)
            if written.contains("://") { throw wrong("'\(written)' is a URL", hint: Self.onlyTheHost(written)) }
            if written.contains(",") { throw wrong("'\(written)' has a ',' in it", hint: "one pattern a line" + Self.bare(written)) }
            guard !Self.isOthers(written) else { throw wrong("'\(written)' is not a domain name", hint: Self.hint(written)) }
            guard !text.contains("*") else { throw wrong("'*' stands only at the start, before a dot", hint: "*.example, or /regex/") }
            guard !text.contains("#") else {
                throw wrong("'\(text)' has a '#' inside", hint: "put a space before '#' to begin a comment")
            }
            let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
            guard let ascii = isASCII ? written : idna(written) else {
                throw wrong("'\(text)' is not ASCII, and nothing gives its xn-- form", hint: "write the name in its xn-- form")
            }
            if let stranger = Self.stranger(in: ascii) {
                throw wrong("'\(text)' is not a domain name: it has a '\(stranger)' in it", hint: Self.hint(written))
            }
            guard let name = Name(ascii) else {
                throw wrong("'\(text)' is not a domain name", hint: Self.hint(written))
            }
            guard !name.isRoot else {
                throw wrong("a rule for every name", hint: "routing.default in the configuration says where all else goes")
            }
            // No name of the Internet ends so (RFC 3696 section 2): it is an address gone wrong, and would never match.
            guard !name.dropping(labels: name.labelCount - 1).text.allSatisfy({ (48...57).contains($0) }) else {
                throw wrong("'\(text)' is neither a domain name nor an address", hint: Self.addressHint(written))
            }
            return name
        }
        let text = word.text
        switch text.first {
        case "=": return .exact(try name(text.dropFirst()))
        case "~":
            let keyword = text.dropFirst().lowercased()
            guard !keyword.isEmpty else { throw wrong("an empty keyword matches every name", hint: "~keyword") }
            if let stranger = keyword.first(where: { "\"'`“”‘’*,".contains($0) || !$0.isASCII }) {
                let plain = keyword.filter { $0.isASCII && !"\"'`*,".contains($0) }
                throw wrong(
                    "no name has a '\(stranger)' in it: the keyword would never be found",
                    hint: stranger.isLetter ? "names of other scripts stand in their xn-- form" : "~" + plain)
            }
            return .keyword(keyword)
        case "/" where text.count > 1 && text.hasSuffix("/"):
            let source = String(text.dropFirst().dropLast())
            guard !source.isEmpty else { throw wrong("an empty regex matches every name", hint: "/^ads[0-9]+\\./") }
            // Whether it is one, and one that can be searched for, is for the compiler of all of them: `Matcher.problems`.
            return .regex(source)
        case "/": throw wrong("a regex ends with '/'", hint: text + "/")
        default: break
        }
        if text.hasPrefix("*.") { return .below(try name(text.dropFirst(2))) }
        if !text.contains("*"), !text.contains(","), !text.contains("://"),
            text.contains("/") || text.contains(":") || IPAddress(text) != nil
        {
            guard let network = Network(text) else {
                throw wrong("'\(text)' is not a network", hint: Self.networkHint(text))
            }
            guard network.length > 0 else {
                throw wrong("a network rule for all addresses", hint: "set routing.default in the configuration")
            }
            return .network(network)
        }
        return .suffix(try name(text))
    }
}
