// SPDX-License-Identifier: MIT
import Glibc
import Testing

@testable import Daemon

@Suite struct RuleWatchTests {
    private final class Folder {
        let path: String

        init() {
            var template = Array("/tmp/sluice-watch-XXXXXX".utf8CString)
            path = unsafe mkdtemp(&template).map { unsafe String(cString: $0) } ?? "/nonexistent"
        }

        deinit { run("rm -rf \(path)") }

        /// A shell's command in this folder.
        func run(_ command: String) { unsafe system("cd \(path) && { \(command); }") }
    }

    private let folder = Folder()

    /// What is done to a file that is watched, in several ways of doing it, and whether it is to be heard.
    @Test(arguments: [
        ("echo b > a.rules", true), ("echo b > new~ && mv new~ a.rules", true), ("rm a.rules", true), ("mv a.rules z", true),
        ("echo x > b.rules", true), ("ln -s a.rules c.rules", true), ("echo x > lists/work.txt", true), ("rm -r lists", true),
        ("mv lists other", true), ("echo x > lists/work.txt.minisig", true), ("ln -sfn real2 link", true), ("echo x > real1/l.txt", true),
        ("mkdir absent && echo x > absent/far.txt", true), ("echo x > conf.toml", true), ("touch a.rules", true),
        ("cat a.rules", false), ("echo x > unrelated", false), ("echo x > .b.rules.swp", false), ("echo x > lists/other.txt", false),
        ("echo x > b.rules~", false), ("chmod 600 a.rules", false),
    ])
    func aChangeIsHeard(_ command: String, _ isHeard: Bool) throws {
        folder.run(
            "echo a > a.rules; mkdir lists real1 real2; echo x > lists/work.txt; ln -s real1 link; echo l > real1/l.txt; echo l > real2/l.txt"
        )
        let watch = try RuleWatch()
        let names = ["conf.toml", "a.rules", "lists/work.txt", "lists/work.txt.minisig", "link/l.txt", "absent/far.txt"]
        #expect(watch.watch(names.map { folder.path + "/" + $0 }, patterns: [folder.path + "/*.rules"]) == 0)
        #expect(!watch.drain())
        folder.run(command)
        #expect(watch.drain() == isHeard)
        #expect(!watch.drain())
    }

    @Test func aFileThatIsBeingWrittenIsHeardWhenItIsClosed() throws {
        let watch = try RuleWatch()
        _ = watch.watch([folder.path + "/list.txt"], patterns: [])
        let fd = unsafe open(folder.path + "/list.txt", O_WRONLY | O_CREAT, 0o644)
        _ = unsafe write(fd, "half", 4)
        #expect(!watch.drain())
        close(fd)
        #expect(watch.drain())
    }

    @Test func foldersOfAPatternAreWatchedAndThereIsABound() throws {
        folder.run("mkdir -p d1 d2; for i in $(seq 300); do mkdir f$i; done")
        let watch = try RuleWatch()
        #expect(watch.watch([], patterns: [folder.path + "/d*/*.rules"]) == 0)
        folder.run("echo x > d2/new.rules")
        #expect(watch.drain())
        folder.run("mkdir d3")
        #expect(watch.drain())
        let many = (1...300).map { "\(folder.path)/f\($0)/list.txt" }
        #expect(watch.watch(many, patterns: []) == 300 - RuleWatch.most)
        // Those that are not named any more are not watched.
        #expect(watch.watch(["\(folder.path)/f1/list.txt"], patterns: []) == 0)
        folder.run("echo x > f2/list.txt")
        #expect(!watch.drain())
        folder.run("echo x > f1/list.txt")
        #expect(watch.drain())
    }
}
