// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

/// What a list would do is told before it does it: each entry's fate is the one it has afterwards.
@Suite struct ListForecastTests {
    private static let native = """
        tunnel corp.example
        tunnel =exact.example
        direct *.video.example
        block ~advert
        direct /^cdn[0-9]+\\.example$/
        tunnel:office partner.example
        tunnel 10.0.0.0/8
        """

    private func forecast(_ treatment: Treatment, _ body: (inout ListForecast) throws -> Void) rethrows -> ListForecast {
        let rules = Matcher(RuleParser.read(Array(Self.native.utf8), file: "native").rules)
        var forecast = ListForecast(file: "list", treatment: treatment, beside: rules, most: 3)
        try body(&forecast)
        return forecast
    }

    private static let cases: [(kind: NameKind, name: String, action: Action, fate: ListForecast.Fate)] = [
        (.suffix, "new.example", .tunnel, .new),
        (.suffix, "notcorp.example", .tunnel, .new),
        (.suffix, "git.corp.example", .tunnel, .already),
        (.suffix, "git.corp.example", .direct, .overrides),
        // Of two alike the first by file and line wins, and that is the one that stands already.
        (.suffix, "corp.example", .direct, .overridden),
        (.exact, "corp.example", .direct, .overrides),
        (.suffix, "exact.example", .direct, .overridden),
        (.exact, "exact.example", .tunnel, .already),
        (.suffix, "video.example", .tunnel, .new),
        (.below, "video.example", .tunnel, .overridden),
        (.below, "video.example", .direct, .already),
        (.suffix, "www.video.example", .tunnel, .overrides),
        // A name beats what is only searched in it.
        (.suffix, "advert.example", .direct, .overrides),
        (.exact, "cdn7.example", .block, .overrides),
        // Another tunnel is something else.
        (.suffix, "www.partner.example", .tunnel, .overrides),
    ]

    @Test(arguments: cases)
    func eachNameHasItsFate(_ entry: (kind: NameKind, name: String, action: Action, fate: ListForecast.Fate)) throws {
        let name = try #require(Name(entry.name))
        let forecast = forecast(Treatment(entry.action)) { $0.take(entry.kind, name, ListLine(line: 7)) }
        #expect(forecast.fates == [entry.fate: 1])
        let sample = try #require(forecast.samples[entry.fate]?.first)
        #expect(sample.line == 7 && sample.file == "list" && (sample.rule == nil) == (entry.fate == .new))
    }

    /// The fate is what the matcher does when the list stands behind the rules in force.
    @Test(arguments: cases)
    func theMatcherDoesWhatWasForetold(_ entry: (kind: NameKind, name: String, action: Action, fate: ListForecast.Fate)) throws {
        var builder = MatcherBuilder()
        for rule in RuleParser.read(Array(Self.native.utf8), file: "native").rules { builder.add(rule) }
        builder.begin(file: "list", treatment: Treatment(entry.action))
        builder.take(entry.kind, try #require(Name(entry.name)), ListLine(line: 1))
        let matcher = Matcher(builder)
        let asked = try #require(Name((entry.kind == .below ? "x." : "") + entry.name))
        let winner = matcher.match(asked).map { matcher.rule($0.number).file }
        switch entry.fate {
        case .new, .overrides: #expect(winner == "list")
        case .overridden: #expect(winner == "native")
        case .already: #expect(matcher.match(asked)?.action == entry.action)
        case .uncompared, .broad: Issue.record("no name has this fate here")
        }
    }

    @Test func everyKindIsCountedOnce() throws {
        let name = try #require(Name("twice.example"))
        let network = try #require(Network("10.1.0.0/16"))
        let forecast = forecast(Treatment(.direct)) { forecast in
            for line in 1...2 { forecast.take(.suffix, name, ListLine(line: line)) }
            forecast.take(.exact, name, ListLine(line: 3))
            forecast.take(.regex("^a"), ListLine(line: 4))
            forecast.take(.keyword("ad"), ListLine(line: 5))
            forecast.take(.network(network), ListLine(line: 6))
            forecast.take(.suffix, name, ListLine(line: 7, isException: true))
            for line in 1...5 { forecast.warn(Problem(.warning, file: "list", line: line, column: 1, "no")) }
        }
        #expect(forecast.count == 6 && forecast.kinds == [.suffix: 2, .exact: 1])
        #expect(forecast.regexes == 1 && forecast.keywords == 1 && forecast.networks == 1 && forecast.exceptions == 1)
        #expect(forecast.repeated == 1 && forecast.fates == [.new: 2, .overrides: 1, .uncompared: 2])
        #expect(forecast.count == forecast.fates.values.reduce(forecast.repeated, +))
        #expect(forecast.problems.count == 3 && forecast.problemCount == 5)
    }

    /// What is left out takes nothing and meets nothing, also where it stands twice.
    @Test func whatIsTooBroadIsCountedApart() throws {
        let rules = Matcher(RuleParser.read(Array(Self.native.utf8), file: "native").rules)
        var forecast = ListForecast(file: "list", treatment: Treatment(.direct), beside: rules) { $0 == .suffix(.of("com")) }
        for name in ["com", "com", "new.example"] { forecast.take(.suffix, .of(name), ListLine(line: 1)) }
        forecast.take(.suffix, .of("com"), ListLine(line: 4, isException: true))
        #expect(forecast.count == 3 && forecast.fates == [.broad: 1, .new: 1] && forecast.repeated == 1 && forecast.exceptions == 1)
        #expect(forecast.captured(of: [.of("a.com"), .of("x.new.example")], by: Matcher(forecast.builder)) == [.of("x.new.example")])
    }

    /// The longest name there is has nothing below it.
    @Test func aNameWithoutRoomBelowIsNoTrap() throws {
        var name = Name()
        for length in [63, 63, 63, 61] { #expect(name.append(label: length) { _ in 0x61 }) }
        let forecast = forecast(Treatment(.direct)) { $0.take(.below, name, ListLine(line: 1)) }
        #expect(forecast.count == 1 && forecast.fates == [.uncompared: 1])
    }
}
