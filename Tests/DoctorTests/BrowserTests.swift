// SPDX-License-Identifier: MIT
import Doctor
import Testing
import Workbench

@Suite struct BrowserTests {
    struct Case {
        let kind: String
        let name: String
        var text = ""
        var expected = ""
    }

    static func cases() -> [Case] {
        var cases: [Case] = []
        for line in Fixture.allLines("doctor/browsers.txt") {
            let words = line.words
            if let kind = words.first, ["prefs", "state", "policy", "firefox-policy"].contains(kind) {
                cases.append(Case(kind: kind, name: line.text))
            } else if words.first == "expect" {
                cases[cases.count - 1].expected = words.dropFirst().joined(separator: " ")
            } else if !cases.isEmpty, !line.text.isEmpty {
                cases[cases.count - 1].text += line.text + "\n"
            }
        }
        return cases
    }

    @Test func everyFileIsRead() {
        let cases = Self.cases()
        #expect(cases.count == 22)
        for entry in cases { #expect(Self.word(Self.mode(entry)) == entry.expected, "\(entry.name)") }
    }

    @Test func userFileWins() {
        let prefs = FirefoxPreferences("user_pref(\"network.trr.mode\", 5);\n")
        let user = FirefoxPreferences("user_pref(\"network.trr.mode\", 3);\nuser_pref(\"network.trr.uri\", \"https://a.example/\");\n")
        #expect(prefs.overridden(by: user).browserMode == .only("https://a.example/"))
        #expect(user.overridden(by: FirefoxPreferences("")).browserMode == .only("https://a.example/"))
    }

    @Test func lockedPolicyWinsAndAnotherDoesNot() throws {
        let locked = try #require(FirefoxPolicy(Array("{\"policies\":{\"DNSOverHTTPS\":{\"Enabled\":false,\"Locked\":true}}}".utf8)))
        let open = try #require(FirefoxPolicy(Array("{\"policies\":{\"DNSOverHTTPS\":{\"Enabled\":false}}}".utf8)))
        #expect(locked.with(.only(nil)) == .off)
        #expect(open.with(.only(nil)) == .only(nil))
        #expect(open.with(.byDefault) == .off)
    }

    @Test func whoAsksItselfIsAProblemAndIsNamed() throws {
        var machine = World.healthy
        for (mode, isProblem) in [
            (BrowserSeen.Mode.byDefault, false), (.off, false), (.first("https://a.example/"), true), (.only(nil), true),
        ] {
            machine.browsers = [
                BrowserSeen(
                    name: "Firefox", kind: .firefox, user: "anna", file: "/home/anna/prefs.js", mode: mode,
                    policyFile: "/etc/firefox/policies/policies.json")
            ]
            let finding = try #require(machine.findings.first { $0.check == .browsers })
            #expect((finding.severity == .problem) == isProblem)
            if isProblem {
                #expect(finding.text.hasPrefix("Firefox of anna asks"))
                #expect(finding.meaning.contains("/home/anna/prefs.js"))
                #expect(finding.next?.contains("/etc/firefox/policies/policies.json") == true)
            }
        }
    }

    private static func mode(_ entry: Case) -> BrowserSeen.Mode? {
        let bytes = Array(entry.text.utf8)
        return switch entry.kind {
        case "prefs": FirefoxPreferences(entry.text).browserMode
        case "state": ChromiumSettings.mode(inLocalState: bytes)
        case "policy": ChromiumSettings.mode(inPolicy: bytes)
        default: FirefoxPolicy(bytes)?.mode
        }
    }

    private static func word(_ mode: BrowserSeen.Mode?) -> String {
        switch mode {
        case nil: "none"
        case .byDefault: "byDefault"
        case .off: "off"
        case .first(let server): "first \(server ?? "-")"
        case .only(let server): "only \(server ?? "-")"
        }
    }
}
