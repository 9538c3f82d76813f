// SPDX-License-Identifier: MIT
import Glibc
import Testing

/// Claims about the whole, most of them made by scripts on the lab's host with real clients, servers, WireGuard and nftables.
@Suite(.serialized, .enabled(if: Machine.canRunLab, Comment(rawValue: Machine.whyNot)))
struct LabScriptTests {
    /// The scripts of Fixtures/lab, with the claims each makes at least: a script that ends early must not pass.
    static let scripts: [(name: String, claims: Int, daemon: Bool)] = [
        ("clients", 68, true),
        ("order", 5, false),
        ("leases", 36, false),
        ("tunnel-gone", 27, false),
        ("bad-input", 24, true),
        ("stop", 12, true),
        ("forward", 7, true),
        ("leaktest", 7, true),
        ("leaktest-full", 37, true),
        ("leaktest-convicts", 15, true),
        ("listen", 17, false),
        ("answers", 18, false),
        ("late-answer", 8, false),
        ("flush", 11, true),
        ("forged", 23, false),
        ("boot", 18, false),
        ("apps", 39, false),
        ("foreign", 31, false),
        ("monitor", 16, true),
        ("settings", 37, false),
        ("dhcp", 22, false),
        ("former", 16, false),
        ("resolv-conf", 98, true),
        ("resolved", 21, false),
        ("doctor", 59, true),
        ("tunnelvision", 43, false),
        ("heal", 117, false),
        ("chaos", 22, false),
        ("kill", 18, false),
        ("default-tunnel", 118, false),
        ("state-change", 6, false),
        ("looking", 88, true),
        ("secure", 161, false),
        ("reload", 39, true), ("signed", 26, true),
        ("mutants", 28, false),
        ("spoof", 60, false), ("tcp", 27, false), ("flood", 11, false), ("control", 28, false), ("injection", 39, false),
        ("restart", 37, false),
        ("endpoints", 39, false), ("wgquick", 7, false),
        ("balance", 19, false), ("named", 27, false), ("nodes", 35, false), ("calm", 12, false), ("peers", 19, false), ("dead", 20, false),
        ("classes", 15, false),
    ]

    @Test func everyScriptIsRun() {
        let found = Machine.files(in: "Fixtures/lab").filter { $0 != "claims.sh" }
        #expect(Set(found) == Set(Self.scripts.map { $0.name + ".sh" }))
    }

    @Test(arguments: scripts)
    func everyClaimOfAScriptHolds(_ script: (name: String, claims: Int, daemon: Bool)) throws {
        let arguments = ["lab"] + (script.daemon ? [] : ["--no-daemon"]) + ["--", "bash", "\(Machine.root)/Fixtures/lab/\(script.name).sh"]
        let run = try Machine.run([Machine.binary] + arguments)
        let made = run.output.split(separator: "\n").count { $0.hasPrefix("ok ") }
        #expect(run.status == 0, "\(run.output.suffix(3000))")
        #expect(made >= script.claims, "\(run.output.suffix(3000))")
    }

    @Test func theMainJobIsAsTheReadmeShowsIt() throws {
        let run = try Machine.run([Machine.binary, "lab", "--", "\(Machine.root)/Packaging/lab/main-job"])
        #expect(run.status == 0, "\(run.output.suffix(4000))")
        #expect(run.output.contains("All as it should be"))
    }

    @Test func nothingIsLeftAfterSuccessAndFailure() throws {
        let before = try Machine.traces()
        #expect(try Machine.run([Machine.binary, "lab", "--", "true"]).status == 0)
        #expect(try Machine.run([Machine.binary, "lab", "--", "sh", "-c", "exit 7"]).status == 7)
        #expect(try Machine.traces() == before)
    }

    @Test func nothingIsLeftAfterSIGKILL() throws {
        let before = try Machine.traces()
        let lab = try Machine.start([Machine.binary, "lab", "--", "sh", "-c", "echo up; sleep 100"])
        try Machine.waitForLine(lab)
        #expect(try Machine.traces() != before, "the eyes of this test are blind")
        kill(lab.pid, SIGKILL)
        _ = Machine.wait(lab)
        var after = try Machine.traces()
        for _ in 0..<100 where after != before {
            usleep(20_000)
            after = try Machine.traces()
        }
        #expect(after == before)
    }
}
