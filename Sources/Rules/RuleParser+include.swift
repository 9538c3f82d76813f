// SPDX-License-Identifier: MIT
import Wire

extension RuleParser {
    /// What stands behind `ACTION include`: `KIND FILE [exact] [signed KEY] [force]` and the options of rules.
    func include(_ action: Action, _ tunnel: String?, _ include: Word, _ rest: ArraySlice<Word>, _ line: Int) throws(Problem) -> Include {
        let kinds = ListKind.allCases.map(\.rawValue)
        guard let word = rest.first else {
            throw problem(
                line, include.end, "include needs a kind of list and a file",
                hint: "include plain lists/work.txt; the kinds are "
                    + kinds.joined(separator: ", "))
        }
        guard let kind = ListKind(rawValue: word.text) else {
            let near = nearestWord(to: word.text, among: kinds).map { "; did you mean \($0)?" } ?? ""
            throw problem(
                line, word, "unknown kind of list '\(word.text)'", hint: "a kind is one of " + kinds.joined(separator: ", ") + near)
        }
        guard let file = rest.dropFirst().first else {
            throw problem(line, word.end, "no file after '\(word.text)'", hint: "include \(word.text) lists/work.txt")
        }
        if file.text.contains("://") {
            throw problem(
                line, file, "'\(file.text)' is a URL, and lists are files",
                hint: "fetch it yourself, by a timer: a new version is taken as soon as the file is another; then include \(word.text) FILE"
            )
        }
        if file.text.contains(where: { "*?".contains($0) }) {
            throw problem(line, file, "'\(file.text)' is a pattern, and an include names one file", hint: "one include for each file")
        }
        let (path, attributes) = kind == .geosite ? try marked(file, line) : (file.text, [])
        let wishes = try wishes(rest.dropFirst(2), for: .list(kind), action, line)
        return Include(
            treatment: Treatment(action, tunnel: tunnel, options: wishes.options), kind: kind, file: file.text, path: path,
            attributes: attributes, isExact: wishes.isExact, key: wishes.key, isForced: wishes.options.force,
            place: Include.Place(file: self.file, line: line, column: file.column))
    }

    /// A geosite list's file and the attributes behind its name: `data/google@cn@-ads`.
    private func marked(_ file: Word, _ line: Int) throws(Problem) -> (path: String, attributes: [ListAttribute]) {
        let name = file.text.lastIndex(of: "/").map { file.text.index(after: $0) } ?? file.text.startIndex
        let parts = file.text[name...].split(separator: "@", omittingEmptySubsequences: false)
        var attributes: [ListAttribute] = []
        for part in parts.dropFirst() {
            guard let attribute = ListAttribute(part) else {
                throw problem(
                    line, file, "'\(part)' is not an attribute of a geosite list",
                    hint: "\(parts[0])@cn for lines with @cn, @-ads for those without")
            }
            attributes.append(attribute)
        }
        guard let own = parts.first, !own.isEmpty else {
            throw problem(line, file, "no file before '@'", hint: "include geosite data/google@cn")
        }
        return (String(file.text[..<name]) + own, attributes)
    }
}
