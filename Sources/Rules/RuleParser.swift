// SPDX-License-Identifier: MIT
import Wire

/// Reads rule files in native form (shared design, "Contract with the outside").
package struct RuleParser {
    let file: String
    let idna: (String) -> String?
    private var items: [RuleFileItem] = []
    private var problems: [Problem] = []
    /// Lines that could not be read.
    private var refused = 0

    /// More of them are counted: a web page that was stored as a rule file is one mistake, not a thousand.
    private let mostRefused: Int

    /// All lines that could be read, in their order, and everything that could not, each with its line and column.
    /// - Parameter idna: the A-label form of a name with characters beyond ASCII; nil if it has none.
    package static func read(
        _ bytes: [UInt8], file: String, mostRefused: Int = 50, idna: (String) -> String?
    ) -> (items: [RuleFileItem], problems: [Problem]) {
        withoutActuallyEscaping(idna) { idna in
            var parser = RuleParser(file: file, mostRefused: mostRefused, idna: idna)
            // A byte order mark says nothing in UTF-8, and editors put it there.
            let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
            for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
                parser.read(line: line, number: index + 1)
            }
            if parser.refused > mostRefused {
                parser.problems.append(
                    Problem(
                        .error, file: file, line: 0, column: 0, "\(parser.refused - mostRefused) more lines are no rules",
                        hint: "if it is a list, 'ACTION include KIND FILE' in a rule file takes it in"))
            }
            return (parser.items, parser.problems)
        }
    }

    /// The rules of a text that stands for itself: it includes nothing, and its names are ASCII.
    package static func read(_ bytes: [UInt8], file: String, mostRefused: Int = 50) -> (rules: [Rule], problems: [Problem]) {
        let (items, problems) = read(bytes, file: file, mostRefused: mostRefused) { _ in nil }
        var rules: [Rule] = []
        var refused: [Problem] = []
        for item in items {
            switch item {
            case .rule(let rule): rules.append(rule)
            case .include(let include):
                refused.append(include.problem(.error, "nothing is included here", hint: "write the rules out, one a line"))
            }
        }
        return (rules, problems + refused)
    }

    private init(file: String, mostRefused: Int, idna: @escaping (String) -> String?) {
        self.file = file
        self.mostRefused = mostRefused
        self.idna = idna
    }

    /// A word of a line and where it begins, in characters from 1.
    struct Word {
        let text: String
        let column: Int

        /// The place behind it.
        var end: Word { Word(text: "", column: column + text.count) }
    }

    private mutating func read(line bytes: ArraySlice<UInt8>, number: Int) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return refuse(Problem(.error, file: file, line: number, column: 0, "not UTF-8 text"))
        }
        let words = Self.words(of: text)
        guard let first = words.first else { return }
        do throws(Problem) {
            let (action, tunnel) = try target(first, number)
            if words.count > 1, words[1].text == "include" {
                items.append(.include(try include(action, tunnel, words[1], words.dropFirst(2), number)))
            } else if words.count > 2, ListKind(rawValue: words[2].text) != nil, nearestWord(to: words[1].text, among: ["include"]) != nil {
                throw problem(number, words[1], "'\(words[1].text)' is no pattern", hint: "did you mean include?")
            } else {
                let rule = try rule(action, tunnel, first, words.dropFirst(), number)
                items.append(.rule(rule))
                remark(on: rule)
            }
        } catch {
            refuse(error)
        }
    }

    private mutating func refuse(_ problem: Problem) {
        refused += 1
        if refused <= mostRefused { problems.append(problem) }
    }

    /// `ACTION[:TUNNEL]`.
    private func target(_ first: Word, _ line: Int) throws(Problem) -> (Action, String?) {
        let parts = first.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let action = Action(rawValue: String(parts[0])) else {
            throw problem(
                line, first, parts[0] == "include" ? "an include begins with its action" : "unknown action '\(parts[0])'",
                hint: parts[0] == "include"
                    ? "tunnel include KIND FILE, or another action"
                    : "an action is one of " + Action.allCases.map(\.rawValue).joined(separator: ", ") + Self.nearest(String(parts[0])))
        }
        guard parts.count == 2 else { return (action, nil) }
        guard action == .tunnel, !parts[1].isEmpty else {
            throw problem(line, first, "only tunnel rules name a tunnel", hint: "tunnel:NAME PATTERN")
        }
        return (action, String(parts[1]))
    }

    private func rule(_ action: Action, _ tunnel: String?, _ first: Word, _ rest: ArraySlice<Word>, _ line: Int) throws(Problem) -> Rule {
        guard let word = rest.first else {
            throw problem(line, first.end, "no pattern after '\(first.text)'", hint: "\(first.text) corp.example")
        }
        let pattern = try pattern(word, line)
        let wishes = try wishes(rest.dropFirst(), for: .pattern(pattern), action, line)
        return Rule(action, tunnel: tunnel, pattern, text: word.text, options: wishes.options, file: file, line: line, column: word.column)
    }

    /// What is taken, and perhaps not as it was meant.
    private mutating func remark(on rule: Rule) {
        guard case .network(let network) = rule.pattern, let written = rule.text.split(separator: "/").first.flatMap({ IPAddress($0) }),
            written != network.address
        else { return }
        problems.append(
            Problem(
                .warning, file: file, line: rule.line, column: rule.column, "'\(rule.text)' is taken as the network \(network)",
                hint: "\(network) for all of it, \(written) for the one address"))
    }

    func problem(_ line: Int, _ word: Word, _ message: String, hint: String? = nil) -> Problem {
        Problem(.error, file: file, line: line, column: word.column, message, hint: hint)
    }

    /// Words by white space, up to a `#` that begins a word: inside a word, as in a regex or a server's name, it is a character like others.
    private static func words(of line: String) -> [Word] {
        var words: [Word] = []
        var current = ""
        var start = 0
        var column = 0
        for character in line {
            column += 1
            if character == "#", current.isEmpty { break }
            if character.isWhitespace {
                if !current.isEmpty { words.append(Word(text: current, column: start)) }
                current = ""
            } else {
                if current.isEmpty { start = column }
                current.append(character)
            }
        }
        if !current.isEmpty { words.append(Word(text: current, column: start)) }
        return words
    }

    private static func nearest(_ text: String) -> String {
        nearestWord(to: text, among: Action.allCases.map(\.rawValue)).map { "; did you mean \($0)?" } ?? ""
    }
}
