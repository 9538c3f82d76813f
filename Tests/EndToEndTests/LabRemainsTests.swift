// SPDX-License-Identifier: MIT
import Glibc
import Testing

/// The one thing of a lab that stands outside its namespaces, its control groups, goes with it however it ends.
extension LabScriptTests {
    /// Makes groups as the daemon does, and puts a program into one.
    static let makeGroups = """
        m=\(Machine.hierarchy ?? "")
        test "$(grep -c ' - cgroup2 ' /proc/self/mountinfo)" = 1 || exit 3
        test -z "$(ls -d $m/sluice* 2>/dev/null)" || exit 4
        mkdir -p $m/sluice/outside $m/sluice/tunnel || exit 5
        (sleep 100 & echo $! >$m/sluice/outside/cgroup.procs; grep -q '/sluice-lab-.*/sluice/outside$' /proc/$!/cgroup) || exit 6
        echo made

        """

    func groups(of lab: Machine.Running) throws -> [String] { try Machine.controlGroups(of: lab.pid) }

    func groupsVanish(of lab: Machine.Running) throws -> Bool {
        for _ in 0..<150 {
            if try groups(of: lab).isEmpty { return true }
            usleep(20_000)
        }
        return false
    }

    @Test(.enabled(if: Machine.hierarchy != nil, "needs a cgroup2 that can be written"), arguments: [0, SIGKILL, SIGTERM])
    func theHostHasAHierarchyOfItsOwnThatGoesWithTheLab(_ signal: Int32) throws {
        let end = signal == 0 ? "sleep 0.5" : "sleep 100"
        let lab = try Machine.start([Machine.binary, "lab", "--no-daemon", "--", "sh", "-c", Self.makeGroups + end])
        try Machine.waitForLine(lab)
        #expect(try groups(of: lab).count == 4, "the lab's, and three in it")
        // Another lab leaves it alone.
        #expect(try Machine.run([Machine.binary, "lab", "--no-daemon", "--", "true"]).status == 0)
        if signal != 0 {
            #expect(try groups(of: lab).count == 4)
            kill(lab.pid, signal)
        }
        #expect(Machine.wait(lab) == (signal == 0 ? 0 : 128 + signal))
        #expect(try groupsVanish(of: lab))
    }

    @Test(.enabled(if: Machine.hierarchy != nil, "needs a cgroup2 that can be written"))
    func whatALabLeftThatDiedWithItsFirstProcessTheNextOneRemoves() throws {
        // A process id that nobody has: of one that is gone.
        let gone = try Machine.start(["/bin/true"])
        _ = Machine.wait(gone)
        let left = "\(try #require(Machine.hierarchy))/sluice-lab-\(gone.pid)"
        for folder in ["", "/sluice", "/sluice/outside"] { #expect(unsafe mkdir(left + folder, 0o755) == 0) }
        #expect(try groups(of: gone).count == 3)
        #expect(try Machine.run([Machine.binary, "lab", "--no-daemon", "--", "true"]).status == 0)
        #expect(try groups(of: gone).isEmpty)
    }
}
