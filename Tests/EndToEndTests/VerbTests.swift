// SPDX-License-Identifier: MIT
import Glibc
import RuleFiles
import Testing

/// Verbs that need no daemon, as people type them; run as they were built with these tests.
@Suite struct VerbTests {
    private let folder: String

    init() throws {
        var template = Array("/tmp/sluice-verbs-XXXXXX".utf8CString)
        folder = unsafe mkdtemp(&template).map { unsafe String(cString: $0) } ?? "/nonexistent"
        try shell(
            """
            printf '[[tunnel]]\\nname = "office"\\ninterface = "wg-office"\\ndns = ["10.9.9.9"]\\n[rules]\\nfiles = ["a.rules"]\\n\
            [paths]\\nrun = "%s"\\nstate = "%s"\\n' $PWD $PWD/state > s.toml
            printf 'tunnel corp.example\\ndirect video.example\\n' > a.rules
            printf 'corp.example\\nnew.example\\nnew.example\\ncom\\nwww.video.example\\n' > work.txt; mkdir state
            """)
    }

    @discardableResult private func shell(_ script: String) throws -> (status: Int32, output: String) {
        try Machine.run(["/bin/sh", "-c", "cd \(folder) && sluice() { \(Machine.root)/.build/debug/sluice \"$@\"; }\n\(script)"])
    }

    private func end() { _ = try? shell("rm -rf \(folder)") }

    @Test func importSaysWhatAListWouldDoAndTheLineThatTakesIt() throws {
        defer { end() }
        let (status, output) = try shell("sluice rules import plain ./work.txt --config s.toml")
        #expect(status == 0, "\(output)")
        for text in [
            "entries   5: 5 suffix", "twice     1 of them", "new       1: no rule", "already   1: rules in force", "wins over 1: rules",
            "too broad 1: take everybody's names", "tunnel include plain \(folder)/work.txt",
        ] { #expect(output.contains(text), "\(output)") }
    }

    @Test func importWorksBesideABrokenConfigurationAndSaysSo() throws {
        defer { end() }
        let (status, output) = try shell("echo nonsense >> a.rules; sluice rules import plain work.txt --config s.toml")
        #expect(status == 0 && output.contains("only with what could be read: s.toml has 1 error"), "\(status) \(output)")
    }

    @Test(arguments: [
        ("--action tunnel:nope", 64, "there is no tunnel 'nope'; the configuration has tunnel:office"),
        ("--action tunnle", 64, "unknown action 'tunnle'"), ("--action tunnel:office", 0, "tunnel:office include plain"),
        ("--signed RWnope", 2, "is no key of minisign"), ("--force", 0, "work.txt force"),
    ])
    func importKnowsWhatARuleFileKnows(_ option: String, _ code: Int32, _ text: String) throws {
        defer { end() }
        let (status, output) = try shell("sluice rules import plain work.txt --config s.toml \(option)")
        #expect(status == code && output.contains(text), "\(status) \(output)")
    }

    @Test func importSaysWhichRegexesAreNotTaken() throws {
        defer { end() }
        try shell("printf '||x.example^\\n/\\.io$/\\n/(/\\n' > ads.txt")
        let (status, output) = try shell("sluice rules import adguard ads.txt --action block --config s.toml --json")
        #expect(status == 0 && output.contains("is found in every name just below 'io'") && output.contains("is no regex"), "\(output)")
        let forced = try shell("sluice rules import adguard ads.txt --action block --config s.toml --force --json")
        #expect(forced.status == 0 && !forced.output.contains("just below 'io'") && forced.output.contains("is no regex"), "\(forced)")
    }

    /// As the daemon does, whose last good copy stands in its state folder.
    @Test func importRefusesWhatHasShrunkAsTheDaemonWould() throws {
        defer { end() }
        try shell("seq 1 30 | sed 's/.*/name&.example/' > work.txt; echo 'tunnel include plain work.txt' > a.rules")
        var reader = RuleBookReader(shelf: ListShelf(state: folder + "/state", isWritable: true))
        try reader.read(folder + "/a.rules")
        try reader.book().commit()
        let refused = try shell("echo one.example > work.txt; sluice rules import plain work.txt --config $PWD/s.toml")
        #expect(refused.status == 2 && refused.output.contains("it has shrunk from 30 entries to 1"), "\(refused)")
        let forced = try shell("sluice rules import plain work.txt --config $PWD/s.toml --force")
        #expect(forced.status == 0 && forced.output.contains("work.txt force"), "\(forced)")
        // Another file is another list.
        #expect(try shell("cp work.txt other.txt; sluice rules import plain other.txt --config s.toml").status == 0)
    }

    @Test(arguments: ["COLUMNS=50", "COLUMNS=1", "COLUMNS=x", "TERM=dumb", "COLUMNS=-3", "COLUMNS=99999999999999999999"])
    func narrowTerminalsTakeEveryLine(_ variable: String) throws {
        defer { end() }
        let long = Array(repeating: String(repeating: "l", count: 60), count: 3).joined(separator: ".") + ".corp.example"
        for name in ["git.corp.example", long, "xn--bcher-kva.corp.example"] {
            let (status, output) = try shell("\(variable) sluice why \(name) --files --config s.toml")
            #expect(status == 0 && !output.contains("\u{1B}"), "\(output)")
            let width = variable == "COLUMNS=50" ? 50 : variable == "COLUMNS=1" ? 40 : 80
            // The title stands as it is.
            let wide = output.split(separator: "\n").dropFirst().filter { $0.count > width && !$0.contains("/") && !$0.contains(long) }
            #expect(wide.isEmpty || name == long, "\(wide)")
        }
        #expect(
            try shell("sluice why bücher.corp.example --config s.toml").output.contains(
                "xn--bcher-kva.corp.example (bücher.corp.example) A"))
    }
}
