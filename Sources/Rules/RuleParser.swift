// SPDX-License-Identifier: MIT
import Wire

/// Reads rule files in native form (shared design, "Contract with the outside").
package struct RuleParser {
    private let file: String
    private var rules: [Rule] = []
    private var problems: [Problem] = []

    /// All rules that could be read, and everything that could not, each with its line and column.
    package static func read(_ bytes: [UInt8], file: String) -> (rules: [Rule], problems: [Problem]) {
        var parser = RuleParser(file: file)
        // A byte order mark says nothing in UTF-8, and editors put it there.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            parser.read(line: line, number: index + 1)
        }
        return (parser.rules, parser.problems)
    }

    private init(file: String) { self.file = file }

    /// A word of a line and where it begins, in characters from 1.
    struct Word {
        let text: String
        let column: Int
    }

    private mutating func read(line bytes: ArraySlice<UInt8>, number: Int) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            problems.append(Problem(.error, file: file, line: number, column: 0, "not UTF-8 text"))
            return
        }
        let words = Self.words(of: text)
        guard let first = words.first else { return }
        do throws(Problem) {
            if words.count > 1, words[1].text == "include" {
                throw problem(
                    number, words[1], "include is not in this version yet, only rules in native form",
                    hint: "write the rules out, one a line")
            }
            rules.append(try rule(first, words.dropFirst(), number))
        } catch {
            problems.append(error)
        }
    }

    private mutating func rule(_ first: Word, _ rest: ArraySlice<Word>, _ line: Int) throws(Problem) -> Rule {
        let parts = first.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let action = Action(rawValue: String(parts[0])) else {
            throw problem(
                line, first, "unknown action '\(parts[0])'",
                hint: "an action is one of " + Action.allCases.map(\.rawValue).joined(separator: ", ") + Self.nearest(String(parts[0])))
        }
        var tunnel: String?
        if parts.count == 2 {
            guard action == .tunnel, !parts[1].isEmpty else {
                throw problem(line, first, "only tunnel rules name a tunnel", hint: "tunnel:NAME PATTERN")
            }
            tunnel = String(parts[1])
        }
        guard let word = rest.first else {
            throw problem(
                line, Word(text: "", column: first.column + first.text.count), "no pattern after '\(first.text)'",
                hint: "\(first.text) corp.example")
        }
        let pattern = try Self.pattern(word, file: file, line: line)
        let options = try options(rest.dropFirst(), action: action, pattern: pattern, line)
        return Rule(action, tunnel: tunnel, pattern, text: word.text, options: options, file: file, line: line, column: word.column)
    }

    private mutating func options(_ words: ArraySlice<Word>, action: Action, pattern: Pattern, _ line: Int) throws(Problem) -> Rule.Options
    {
        var options = Rule.Options()
        var index = words.startIndex
        while index < words.endIndex {
            let word = words[index]
            let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts.count == 2 ? parts[1] : nil) {
            case ("via", nil):
                index += 1
                guard index < words.endIndex, let server = ServerAddress(words[index].text) else {
                    throw problem(line, index < words.endIndex ? words[index] : word, "via needs a server", hint: "via 10.64.0.53")
                }
                guard action != .block else { throw problem(line, word, "a block rule asks no server") }
                if case .network = pattern { throw problem(line, word, "a network rule asks no server") }
                options.via = server
            case ("hints", let value?):
                guard let hints = Rule.Hints(rawValue: value) else {
                    throw problem(line, word, "unknown hints '\(value)'", hint: "hints=lease, hints=strip or hints=nodata")
                }
                if hints == .strip {
                    problems.append(
                        Problem(
                            .warning, file: file, line: line, column: word.column,
                            "hints=strip is not in this version yet: answered as hints=nodata"))
                }
                options.hints = hints
            case ("private", nil): options.private = true
            case ("force", nil): options.force = true
            case ("dscp", let value?):
                guard let number = UInt8(value), number < 64 else { throw problem(line, word, "dscp is a number from 0 to 63") }
                options.dscp = number
            case ("priority", let value?):
                guard let number = Int(value) else { throw problem(line, word, "priority is a number") }
                options.priority = number
            default:
                throw problem(
                    line, word, "unknown option '\(word.text)'",
                    hint: "options are via SERVER, hints=…, private, dscp=N, priority=N, force; '#' begins a comment")
            }
            index += 1
        }
        return options
    }

    private func problem(_ line: Int, _ word: Word, _ message: String, hint: String? = nil) -> Problem {
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
        Action.allCases.first { $0.rawValue.hasPrefix(text.prefix(2)) }.map { "; did you mean \($0.rawValue)?" } ?? ""
    }
}
