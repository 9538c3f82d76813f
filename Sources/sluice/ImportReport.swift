// SPDX-License-Identifier: MIT
import Daemon
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
    /// By what becomes of them: `new`, `already`, `overrides`, `overridden`.
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

    private let isForced: Bool

    private enum CodingKeys: CodingKey {
        case schema, file, kind, action, line, entries, kinds, exceptions, repeated, fates, samples, broad, broadCount, warnings, errors
        case warningCount, asked
    }

    /// Whether the include would be refused.
    var wouldBeRefused: Bool { !errors.isEmpty || entries == 0 || !isForced && broadCount > 0 }

    init(_ include: Include, _ line: String, _ forecast: ListForecast, _ captured: (names: Int, captured: [Name])?) {
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
        broad = forecast.broad.map(Sample.init)
        broadCount = forecast.broadCount
        warnings = forecast.problems.filter { $0.severity == .warning }.map(CheckReport.Entry.init)
        errors = forecast.problems.filter { $0.severity == .error }.map(CheckReport.Entry.init)
        warningCount = forecast.problemCount - errors.count
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
        ] {
            guard let count = fates[fate] else { continue }
            rows.add(word, "\(Words.number(count)): \(text)")
            for sample in (samples[fate] ?? []).prefix(fate == "new" || fate == "already" ? 3 : 10) { rows.add(word, sample.text) }
        }
        for sample in broad {
            rows.add(
                "too broad", "\(sample.pattern) (\(sample.file):\(sample.line)) is a public suffix: it takes everybody's names below it")
        }
        if broadCount > broad.count { rows.add("too broad", "and \(Words.number(broadCount - broad.count)) more") }
        for error in errors { rows.add("error", error.place + ": " + error.message) }
        if warningCount > 0 { rows.add("warnings", Words.number(warningCount)) }
        for warning in warnings { rows.add("warnings", warning.place + ": " + warning.message) }
        if let asked {
            rows.add("asked", "of \(Words.count(asked.names, "name")) asked lately it would take \(Words.number(asked.capturedCount))")
            for name in asked.captured { rows.add("asked", name) }
        } else {
            rows.add("asked", "not known: no daemon to ask")
        }
        rows.add(wouldBeRefused ? "refused" : "to take it", wouldBeRefused ? refusal : line)
        return ["\(file), read as \(kind), for '\(action)'"] + rows.lines
    }

    private var refusal: String {
        if !errors.isEmpty { return "it cannot be read whole" }
        return entries == 0 ? "nothing in it is a rule" : "it is too broad; --force shows it as with 'force', which keeps that"
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
    var place: String { ([file] + [line, column].filter { $0 > 0 }.map(String.init)).joined(separator: ":") }
}
