// SPDX-License-Identifier: MIT
import Glibc
import Testing

@testable import LeakTest

@Suite struct AppGroupsTests {
    @Test func theMountIsFoundWhereverItIs() {
        let hybrid = """
            31 20 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs rw
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
            42 31 0:39 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
            """
        #expect(AppGroups.mount(in: hybrid) == AppGroups.Mount(root: "/", place: "/sys/fs/cgroup/unified"))
        let covered = hybrid + "\n50 41 0:38 /lab-7 /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"
        #expect(AppGroups.mount(in: covered) == AppGroups.Mount(root: "/lab-7", place: "/sys/fs/cgroup/unified"))
        #expect(AppGroups.mount(in: "31 20 0:26 / /sys ro - sysfs sysfs rw\nnonsense\n") == nil)
    }

    @Test(arguments: [
        ("/", "/user.slice/a", "/cg/user.slice/a"), ("/", "/", "/cg"), ("/lab", "/lab/x", "/cg/x"), ("/lab", "/lab", "/cg"),
        ("/lab", "/labour", "/cg"), ("/lab", "/elsewhere", "/cg"), ("/", "/../..", "/cg"),
    ])
    func homeIsAFolderOfTheMount(root: String, group: String, folder: String) {
        #expect(AppGroups.folder(of: group, in: AppGroups.Mount(root: root, place: "/cg")) == folder)
    }

    @Test func ownGroupIsTheLineOfTheUnifiedHierarchy() {
        #expect(AppGroups.own(in: "4:memory:/a\n0::/user.slice/b\n") == "/user.slice/b")
        #expect(AppGroups.own(in: "4:memory:/a\n") == nil)
    }

    @Test func withoutGroupsOtherClassesAreLeftOutAndSaid() throws {
        let groups = AppGroups(base: "/nonexistent", home: "/nonexistent")
        #expect(!groups.has(.excluded) && !groups.has(.tunneled))
        var cell = Cell(label: "x", place: .below("example"), expected: .nothing)
        cell.app = .excluded
        var plan = LeakPlan(listener: LeakTests.listener, tunnelLinks: [], cells: [cell], controls: [])
        let token = try #require(RunToken(random: RunTokenTests.random(RunToken.randomLength)))
        #expect(try Questionnaire(plan, token: token).leftOut.map(\.reason) == ["there is no cgroup2 hierarchy"])
        plan.groups = groups
        #expect(try Questionnaire(plan, token: token).leftOut.map(\.reason) == ["there is no control group /nonexistent/outside"])
    }
}

/// In groups of its own on this machine, which are gone afterwards.
@Suite(.enabled(if: geteuid() == 0, "needs root: it makes control groups"), .serialized)
struct AppGroupsMovingTests {
    @Test func aSocketIsMadeInTheGroupAndTheProcessComesHome() throws {
        let real = try #require(AppGroups())
        let base = real.home + "/sluice-leaktest-\(getpid())"
        for folder in [base, base + "/outside", base + "/tunnel"] { #expect(unsafe mkdir(folder, 0o755) == 0) }
        defer {
            for folder in [base + "/outside", base + "/tunnel", base] {
                // A program that another test started meanwhile may have to end first.
                for _ in 0..<500 where unsafe rmdir(folder) != 0 { usleep(10_000) }
            }
        }
        let groups = AppGroups(base: base, home: real.home)
        func own() throws -> String {
            AppGroups.own(in: try #require(AppGroups.text("/proc/self/cgroup"))) ?? ""
        }
        let home = try own()
        for (app, end) in [(Matrix.App.excluded, "/outside"), (.tunneled, "/tunnel")] {
            #expect(groups.has(app))
            try groups.enter(app)
            let there = try own()
            try groups.enter(.normal)
            #expect(there.hasSuffix(end))
            #expect(try own() == home)
        }
    }
}
