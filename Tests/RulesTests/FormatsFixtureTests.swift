// SPDX-License-Identifier: MIT
import Rules
import Testing
import Wire
import Workbench

/// Lists under Fixtures/lists, and what stands beside them; the README there says how.
@Suite struct FormatsFixtureTests {
    /// So many names and addresses are asked, and so many problems are expected, of each format's lists.
    static let held: [(ListKind, asked: Int, said: Int)] = [
        (.plain, 49, 33), (.geosite, 40, 11), (.dnsmasq, 53, 59), (.adguard, 67, 47), (.clash, 52, 69), (.singbox, 24, 13),
        (.hosts, 20, 16),
        (.rpz, 29, 39),
    ]

    @Test(arguments: held) func listsMeanWhatStandsBesideThem(_ kind: ListKind, asked: Int, said: Int) throws {
        var read = (asked: 0, said: 0)
        for file in Fixture.files(in: "lists/" + kind.rawValue, ending: ".expect") {
            for section in ExpectedList.sections(of: file) {
                section.check()
                read.asked += section.asked.count
                read.said += section.said.count
            }
        }
        #expect(read == (asked, said))
    }

    @Test func everyFormatHasAFixture() { #expect(Set(Self.held.map(\.0)) == Set(ListKind.allCases)) }
}

/// One section of an `.expect` file.
struct ExpectedList {
    let include: Include
    let folder: String
    var count: Fixture.Line?
    var asked: [Fixture.Line] = []
    var said: [Fixture.Line] = []

    static func sections(of path: String) -> [ExpectedList] {
        let folder = path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
        var sections: [ExpectedList] = []
        for line in Fixture.lines(path) {
            if line.text.hasPrefix(">") {
                let (items, problems) = RuleParser.read(Array(line.text.dropFirst(2).utf8), file: path, idna: FormatsWorld.idna)
                guard case .include(let include)? = items.first, problems.isEmpty else { fatalError("\(line): \(problems)") }
                sections.append(ExpectedList(include: include, folder: folder))
            } else if sections.isEmpty {
                fatalError("\(line): before the first section")
            } else if line.text.hasPrefix("?") {
                sections[sections.count - 1].asked.append(line)
            } else if line.text.hasPrefix("!") {
                sections[sections.count - 1].said.append(line)
            } else if line.text.hasPrefix("=") {
                sections[sections.count - 1].count = line
            } else {
                fatalError("\(line): neither >, ?, ! nor =")
            }
        }
        return sections
    }

    func check() {
        let folder = folder
        let reader = ListReader(
            include, idna: FormatsWorld.idna,
            open: { name in
                Fixture.files(in: String(folder.dropLast()), ending: name).contains(folder + name) ? Fixture.bytes(folder + name) : nil
            },
            beside: {
                Fixture.files(in: String(folder.dropLast()), ending: "").map { String($0.dropFirst(folder.count)) }.filter {
                    !$0.hasPrefix(".") && !$0.hasSuffix(".expect")
                }
            })
        var counter = CountingSink()
        counter.builder.begin(file: include.path, treatment: include.treatment)
        reader.read(Fixture.bytes(folder + include.path).span, into: &counter)
        if let count { #expect("\(counter.taken)" == count.words[1], "\(count)") }
        check(Matcher(counter.builder))
        check(counter.builder.problems)
    }

    private func check(_ matcher: Matcher) {
        for line in asked {
            let words = line.words
            let ruling =
                words[1].hasPrefix("@") ? matcher.match(IPAddress.of(String(words[1].dropFirst()))) : matcher.match(Name.of(words[1]))
            let found = ruling.map { ruling in
                let rule = matcher.rule(ruling.number)
                let place = rule.file == include.path ? "\(rule.line)" : "\(rule.file):\(rule.line)"
                return place + (rule.options.via.map { " via \($0)" } ?? "")
            }
            #expect(found ?? "-" == words.dropFirst(2).joined(separator: " "), "\(line) [\(include.treatment.action)]")
        }
    }

    private func check(_ problems: [Problem]) {
        var left = problems
        for line in said {
            let words = line.text.split(separator: " ", maxSplits: 2).map(String.init)
            let severity: Problem.Severity = words[0] == "!!" ? .error : .warning
            let place = left.firstIndex { "\($0.line)" == words[1] && $0.message.contains(words[2]) && $0.severity == severity }
            if let place {
                left.remove(at: place)
            } else {
                Issue.record("\(line): not said [\(include.treatment.action)]")
            }
        }
        for problem in left { Issue.record("\(folder)\(include.path) [\(include.treatment.action)]: also said: \(problem)") }
    }
}

/// What the tests' lists may ask of the world.
enum FormatsWorld {
    /// The few internationalized names that the fixtures use, as libidn2 writes them.
    static let idna: @Sendable (String) -> String? = { text in
        let known = ["bücher.example": "xn--bcher-kva.example", "straße.example": "xn--strae-oqa.example"]
        return known[text.lowercased()]
    }
}

/// A builder that counts what it takes.
struct CountingSink: ListSink {
    var builder = MatcherBuilder()
    var taken = 0

    mutating func begin(file: String) { builder.begin(file: file) }

    mutating func take(_ kind: NameKind, _ name: borrowing Name, _ said: ListLine) {
        taken += said.isException ? 0 : 1
        builder.take(kind, name, said)
    }

    mutating func take(_ pattern: Pattern, _ said: ListLine) {
        taken += said.isException ? 0 : 1
        builder.take(pattern, said)
    }

    mutating func warn(_ problem: Problem) { builder.warn(problem) }
}
