// SPDX-License-Identifier: MIT
import Configuration
import Rules
import Testing

@Suite struct RenderTests {
    private func rendered(_ problems: [Problem], _ sources: [String: String] = [:], color: Bool = false) -> String {
        render(problems, color: color) { name in sources[name].map { Array($0.utf8) } }
    }

    @Test func problemsAreSortedShownAndCounted() {
        let text = rendered(
            [
                Problem(.warning, file: "b", line: 1, column: 1, "third"),
                Problem(.error, file: "a", line: 2, column: 8, "second", hint: "write \"x\""),
                Problem(.error, file: "a", line: 0, column: 0, "first"),
                Problem(.error, file: "a", line: 3, column: 0, "the line as a whole"),
            ], ["a": "[dns]\n\tkey = 53\nlast"])
        #expect(
            text == """
                a: error: first
                a:2:8: error: second
                        key = 53
                              ^
                    hint: write "x"
                a:3: error: the line as a whole
                    last
                b:1:1: warning: third
                3 errors, 1 warning

                """)
    }

    @Test func controlCharactersNeverReachTheTerminal() {
        let text = rendered(
            [Problem(.error, file: "f\u{1B}[2J", line: 1, column: 12, "found \u{7}\n\u{202E}", hint: "\u{9B}31m")],
            ["f\u{1B}[2J": "a\u{1B}[31m\u{202E}é日 = x"])
        #expect(
            text == """
                f\\u{1b}[2J:1:12: error: found \\u{7}\\u{a}\\u{202e}
                    a\\u{1b}[31m\\u{202e}é日 = x
                                            ^
                    hint: \\u{9b}31m
                1 error

                """)
    }

    @Test func longLinesAreCutAroundTheColumn() throws {
        let line = String(repeating: "a", count: 5000) + "X" + String(repeating: "b", count: 5000)
        let text = rendered([Problem(.error, file: "f", line: 1, column: 5001, "here")], ["f": line])
        let lines = text.split(separator: "\n").map(Array.init)
        #expect(lines[1].count < 130)
        let mark = try #require(lines[2].firstIndex(of: "^"))
        #expect(lines[1][mark] == "X")
    }

    @Test func colourIsThereOnlyIfWanted() {
        let problem = Problem(.warning, file: "f", line: 1, column: 1, "m", hint: "h")
        #expect(rendered([problem], ["f": "x"], color: true).contains("\u{1B}[1;33mwarning\u{1B}[0m"))
        #expect(!rendered([problem], ["f": "x"]).contains("\u{1B}"))
    }

    @Test(arguments: [(0, 0, "no problem\n"), (1, 0, "1 error\n"), (0, 2, "2 warnings\n"), (2, 1, "2 errors, 1 warning\n")])
    func theCountEndsIt(_ errors: Int, _ warnings: Int, _ end: String) {
        let problems =
            Array(repeating: Problem(.error, file: "f", line: 0, column: 0, "m"), count: errors)
            + Array(repeating: Problem(.warning, file: "f", line: 0, column: 0, "m"), count: warnings)
        #expect(rendered(problems).hasSuffix(end))
    }

    @Test func placesBeyondTheFileAreHarmless() {
        let places = [(-1, -1), (9, 9), (1, 9999), (.max, .max), (1, .max)]
        for (line, column) in places {
            #expect(rendered([Problem(.error, file: "f", line: line, column: column, "m")], ["f": "abc"]).hasSuffix("1 error\n"))
        }
    }
}
