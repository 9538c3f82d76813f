// SPDX-License-Identifier: MIT
import Configuration
import Rules
import Wire

/// What people and programs write: configuration, rules, lists.
enum Texts {
    static func runConfiguration(_ bytes: [UInt8]) throws(Violation) {
        let (configuration, first) = Configuration.read(bytes, file: "sluice.toml")
        let (tunnel, second) = WireGuardFile.read(bytes, file: "a.conf")
        let path = configuration.tunnel.first.map { "\($0.source)" } ?? ""
        let problems = first + second + configuration.problems(withTunnelFiles: [path: tunnel])
        _ = tunnel.setconf()
        try check(problems, bytes)
    }

    /// The first byte says what kind of file this is.
    static func runRules(_ bytes: [UInt8]) throws(Violation) {
        guard let choice = bytes.first.map(Int.init) else { return }
        let text = Array(bytes.dropFirst())
        let kinds = ListKind.allCases
        if choice % (kinds.count + 1) == 0 {
            let (rules, problems) = RuleParser.read(text, file: "fuzz.rules")
            try check(problems, text)
            let matcher = Matcher(rules, regexes: NoRegex.compile)
            for name in names where matcher.match(name) != nil { try claim(!rules.isEmpty, "a match without rules") }
        } else {
            let actions = Action.allCases
            var sink = Sink()
            ListReader(
                kinds[choice % (kinds.count + 1) - 1], file: "list", action: actions[choice / 16 % actions.count], isExact: choice >= 128,
                idna: { $0.utf8.count < 30 ? "xn--a.example" : nil }, open: { _ in Array("x.example @a\nregexp:a\n".utf8) },
                beside: { ["a", "b"] }
            ).read(text.span, into: &sink)
            sink.builder.begin(file: "end", treatment: Treatment(.block))
            _ = Matcher(sink.builder, regexes: NoRegex.compile)
            try check(sink.builder.problems, text)
        }
    }

    private static let names = [Name("www.example"), Name("a.b.corp.example"), .root].compactMap(\.self)

    /// Each problem has a place in the file and words, and can be shown.
    private static func check(_ problems: [Problem], _ bytes: [UInt8]) throws(Violation) {
        for problem in problems {
            try claim(
                problem.line >= 0 && problem.column >= 0 && !problem.message.isEmpty, "a problem without place or words: \(problem)")
        }
        // Showing takes longer than reading: one of them.
        guard !problems.isEmpty else { return }
        let text = render([problems[bytes.count % problems.count]], color: false) { _ in bytes }
        try claim(!text.isEmpty, "problems that nobody sees")
    }
}

/// The daemon's regexes are hyperscan's: here none matches.
private struct NoRegex: RegexSet {
    static let compile: RegexCompiler = { _ in (NoRegex(), []) }
    func matches(_ text: Span<UInt8>) -> [Int] { [] }
}

/// What the daemon does with a list's entries.
private struct Sink: ListSink {
    var builder = MatcherBuilder()

    mutating func begin(file: String) { builder.begin(file: file) }
    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) { builder.take(kind, name, said) }
    mutating func take(_ pattern: Pattern, _ said: ListLine) { builder.take(pattern, said) }
    mutating func warn(_ problem: Problem) { builder.warn(problem) }
}
