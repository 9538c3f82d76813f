// SPDX-License-Identifier: MIT
import Rules
import Wire

/// Reads rule files, one after the other, into a book.
package struct RuleBookReader {
    /// What the rest of the configuration has against a rule, or against an include (which has no pattern).
    package typealias Objections = (_ treatment: Treatment, _ pattern: Pattern?, _ place: Place) -> [Problem]

    package struct Place: Sendable {
        package let file: String
        package let line: Int
        package let column: Int
    }

    var builder = MatcherBuilder()
    var lists: [RuleBook.List] = []
    var problems: [Problem] = []
    var seen: [String: FileStamp?] = [:]
    var staged: [String] = []
    var used: Set<String> = []
    let shelf: ListShelf?
    let breadth: Breadth
    private var files: [String] = []
    private var sizes: [String: Int] = [:]
    let objections: Objections
    let compile: RegexCompiler

    /// - Parameters:
    ///   - shelf: where the last good lists are; nil: nowhere, a broken list is an error.
    ///   - compile: makes one set of all regexes.
    package init(
        shelf: ListShelf?, suffixes: PublicSuffixes = PublicSuffixes(), objections: @escaping Objections = { _, _, _ in [] },
        regexes compile: @escaping RegexCompiler = EachRegex.compile
    ) {
        self.shelf = shelf
        self.compile = compile
        self.objections = objections
        breadth = Breadth(suffixes: suffixes)
    }

    /// Reads one rule file and what it includes. One that was read before is not read again. Errors: it cannot be read; all else is a problem of the book.
    package mutating func read(_ file: String) throws(HostFile.Failure) {
        guard !files.contains(file) else { return }
        seen[file] = .some(FileStamp(of: file))
        let bytes = try HostFile.read(file)
        files.append(file)
        let (items, found) = RuleParser.read(bytes, file: file, idna: { InternationalName.ascii($0) })
        problems += found
        sizes[file] = items.count
        for item in items {
            switch item {
            case .rule(let rule): take(rule)
            case .include(let include):
                problems += objections(include.treatment, nil, Place(file: file, line: include.place.line, column: include.place.column))
                take(include)
            }
        }
    }

    package consuming func book() -> RuleBook {
        let matcher = Matcher(builder, regexes: compile)
        // A rule of one's own is to be mended before it is obeyed; what one line of a list lacks must not keep the others from being taken.
        let own = Set(files)
        problems += matcher.problems.map { problem in
            own.contains(problem.file) ? problem : problem.asWarning
        }
        return RuleBook(
            matcher: matcher, files: files, sizes: sizes, lists: lists, problems: problems, seen: seen, shelf: shelf, staged: staged,
            used: used)
    }

    private mutating func take(_ rule: Rule) {
        problems += objections(rule.treatment, rule.pattern, Place(file: rule.file, line: rule.line, column: rule.column))
        if !rule.options.force, let finding = breadth.finding(rule.pattern) {
            problems.append(
                Problem(
                    finding.severity, file: rule.file, line: rule.line, column: rule.column, finding.text,
                    hint: "name what you mean in it; or, if you mean all of it, write 'force' after the pattern"))
        }
        builder.add(rule)
    }
}

extension Problem {
    var asWarning: Problem { Problem(.warning, file: file, line: line, column: column, message, hint: hint) }
}
