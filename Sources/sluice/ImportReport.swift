// SPDX-License-Identifier: MIT
import Daemon
import RuleFiles
import Rules
import Wire

/// Contract: `rules import`.
struct ImportReport: Encodable {
    let schema = 1
    let file: String
    let kind: String
    let action: String
    /// The line of a rule file that takes it.
    let line: String
    let entries: Int
    let kinds: [String: Int]
    let exceptions: Int
    let repeated: Int
    /// By what becomes of them: `new`, `already`, `overrides`, `overridden`, `uncompared`, `broad`; with `repeated` they are all.
    let fates: [String: Int]
    let samples: [String: [Sample]]
    let broad: [Sample]
    let broadCount: Int
    let warnings: [CheckReport.Entry]
    let errors: [CheckReport.Entry]
    let warningCount: Int
    /// Names asked lately, and those of them that would go another way; null: no daemon to ask.
    @OrNull var asked: Asked?

    struct Sample: Encodable {
        let pattern: String
        let file: String
        let line: Int
        @OrNull var rule: RuleView?
    }

    struct Asked: Encodable {
        let names: Int
        let captured: [String]
        let capturedCount: Int
    }

    /// Entries of this very file that are in force now; null: it is in no rule file, or that is not known.
    @OrNull var former: Int?
    /// Why it was not compared with all rules in force; null: it was.
    @OrNull var compared: String?

    private let isForced: Bool

    private enum CodingKeys: CodingKey {
        case schema, file, kind, action, line, entries, kinds, exceptions, repeated, fates, samples, broad, broadCount, warnings, errors
        case warningCount, asked, former, compared
    }

    /// Whether the include would be refused.
    var wouldBeRefused: Bool { refusal != nil }

    /// - Parameter untaken: regexes that would not be taken.
    init(
        _ include: Include, _ line: String, _ forecast: ListForecast, untaken: [Problem], _ captured: (names: Int, captured: [Name])?,
        former: Int?
    ) {
        self.former = former
        file = include.path
        kind = include.kind.rawValue
        action = include.treatment.action.rawValue + (include.treatment.tunnel.map { ":" + $0 } ?? "")
        self.line = line
        entries = forecast.count
        kinds = forecast.counts
        exceptions = forecast.exceptions
        repeated = forecast.repeated
        fates = Dictionary(uniqueKeysWithValues: forecast.fates.map { ($0.rawValue, $1) })
        samples = Dictionary(uniqueKeysWithValues: forecast.samples.map { ($0.rawValue, $1.map(Sample.init)) })
        broad = (forecast.samples[.broad] ?? []).map(Sample.init)
        broadCount = forecast.fates[.broad] ?? 0
        warnings = (forecast.problems.filter { $0.severity == .warning } + untaken).map(CheckReport.Entry.init)
        errors = forecast.problems.filter { $0.severity == .error }.map(CheckReport.Entry.init)
        warningCount = forecast.problemCount - errors.count + untaken.count
        isForced = include.isForced
        asked = captured.map { Asked(names: $0.names, captured: $0.captured.prefix(20).map { "\($0)" }, capturedCount: $0.captured.count) }
    }

    /// For people.
    var lines: [String] {
        var rows = Rows()
        rows.add("entries", Words.number(entries) + (entries > 0 ? ": " + Words.parts(kinds, in: Pattern.kindWords) : ""))
        if repeated > 0 { rows.add("twice", Words.count(repeated, "of them stands in it already", "of them stand in it already")) }
        if exceptions > 0 {
            rows.add("spared", Words.count(exceptions, "entry that it takes out again", "entries that it takes out again"))
        }
        for (fate, word, text) in [
            ("new", "new", "no rule names them now"), ("already", "already", "rules in force want the same"),
            ("overrides", "wins over", "rules in force that want something else"),
            ("overridden", "loses to", "rules in force that want something else"),
            ("uncompared", "patterns", "which names they meet is seen when they are asked"),
            ("broad", "too broad", "take everybody's names, and are left out; --force takes them"),
        ] {
            guard let count = fates[fate] else { continue }
            rows.add(word, "\(Words.number(count)): \(text)")
            for sample in (samples[fate] ?? []).prefix(["new", "already", "uncompared"].contains(fate) ? 3 : 10) {
                rows.add(word, sample.text)
            }
        }
        for error in errors { rows.add("error", error.text) }
        if warningCount > 0 { rows.add("warnings", Words.number(warningCount)) }
        for warning in warnings { rows.add("warnings", warning.text) }
        if let asked {
            rows.add("asked", "of \(Words.count(asked.names, "name")) asked lately it would take \(Words.number(asked.capturedCount))")
            for name in asked.captured { rows.add("asked", name) }
        } else {
            rows.add("asked", "not known: no daemon to ask")
        }
        if let compared { rows.add("compared", compared) }
        rows.add(wouldBeRefused ? "refused" : "to take it", refusal ?? line)
        return ["\(file), read as \(kind), for '\(action)'"] + rows.lines
    }

    private var refusal: String? {
        guard errors.isEmpty else { return "it cannot be read whole" }
        if entries == 0 { return "nothing in it is a rule" }
        guard let former, !isForced, ListRefusal.isShrunk(from: former, to: entries - broadCount) else { return nil }
        return "\(ListRefusal.shrunk(from: former, to: entries - broadCount).text): --force, or 'force' at the end of the include, takes it"
    }
}

extension ImportReport.Sample {
    init(_ sample: ListForecast.Sample) {
        self.init(pattern: sample.pattern.text, file: sample.file, line: sample.line)
        rule = sample.rule.map { RuleView(RuleEntry($0)) }
    }

    var text: String { rule.map { "\(pattern): \($0.place)" } ?? pattern }
}

extension CheckReport.Entry {
    /// `file:line:column`, as far as they are known.
    fileprivate var text: String { "\(place): \(message)" + (hint.map { " (\($0))" } ?? "") }

    var place: String { ([file] + [line, column].filter { $0 > 0 }.map(String.init)).joined(separator: ":") }
}
