// SPDX-License-Identifier: MIT
import Testing

@testable import Lab

@Suite struct ControlGroupTests {
    @Test func theLastMountCounts() {
        let hybrid = """
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:4 - cgroup2 cgroup2 rw

            """
        #expect(ControlGroup.mountPoint(in: hybrid) == "/sys/fs/cgroup/unified")
        let odd = "50 41 0:38 /a /sys/fs/my\\040groups rw - cgroup2 cgroup2 rw\n"
        #expect(ControlGroup.mountPoint(in: hybrid + odd) == "/sys/fs/my groups")
        #expect(ControlGroup.mountPoint(in: "31 23 0:28 / / rw - tmpfs cgroup2 rw\n") == nil)
        for broken in ["", "- cgroup2 ", "1 2 3 - cgroup2 x\n", "\n\n"] { #expect(ControlGroup.mountPoint(in: broken) == nil) }
    }

    @Test(arguments: [
        ("sluice-lab-12", 12), ("sluice-lab-12-3", 12), ("sluice-lab-", nil), ("sluice-lab-0", nil), ("sluice-lab--5", nil),
        ("sluice-lab-x", nil), ("sluice-lab-1-2-3", nil), ("sluice", nil), ("xsluice-lab-12", nil), ("sluice-lab-99999999999", nil),
    ])
    func onlyFoldersOfLabsHaveAHolder(name: String, holder: Int32?) {
        #expect(ControlGroup.holder(of: name) == holder)
    }

    @Test func aPathIsTakenApart() {
        #expect(ControlGroup(path: "/sys/fs/cgroup/sluice-lab-1")?.name == "sluice-lab-1")
        #expect(ControlGroup(path: "/sys/fs/cgroup/sluice-lab-1")?.hierarchy == "/sys/fs/cgroup")
        for none in ["", "x", "/x"] { #expect(ControlGroup(path: none) == nil) }
    }
}
