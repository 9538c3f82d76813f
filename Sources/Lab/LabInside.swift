// SPDX-License-Identifier: MIT
import Glibc

/// The lab's first process: `Lab` starts it as process 1 of fresh namespaces. It builds the lab, reports, and then waits for the end.
package enum LabInside {
    /// The hidden verb of sluice that calls `run`.
    package static let verb = "lab-inside"
    package static let withoutDaemon = "--no-daemon"

    private static let groupOption = "--group"

    static func words(daemon: Bool, group: ControlGroup?) -> [String] {
        [verb] + (daemon ? [] : [withoutDaemon]) + (group.map { [groupOption, $0.path] } ?? [])
    }

    /// Standard input is the lifeline: we report on it, and its end is ours.
    /// - Parameter group: the path of the lab's control group on the machine.
    package static func run(daemon: Bool, group: String?) -> Never {
        // Only in namespaces of its own may any of this happen.
        guard getpid() == 1 else { exit(64) }
        let group = group.flatMap(ControlGroup.init(path:))
        watchLifeline(removing: group)
        let lifeline = Descriptor(dup(STDIN_FILENO))
        var servers: [Child] = []
        do throws(LabError) {
            var builder = try Builder(executable: Lab.ownExecutable)
            try builder.build(daemon: daemon, group: group)
            servers = builder.servers
            try lifeline.write("ready")
        } catch {
            try? lifeline.write("\(error.code) \(error)")
            exit(1)
        }
        shutdown(STDIN_FILENO, Int32(SHUT_WR))
        reap(servers)
    }

    /// What a report says; nil: the lab is ready.
    static func problem(in report: String) -> LabError? {
        if report == "ready" { return nil }
        let parts = report.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let code = Int32(parts[0]) else { return LabError("the lab's first process died while building it") }
        return LabError(String(parts[1]), code: code)
    }

    /// What the thread below needs to remove the control group: its name, and a door that stays when the mounts change.
    private final class Remains: Sendable {
        let name: String
        let folder: Int32

        init?(_ group: ControlGroup) {
            name = group.name
            folder = unsafe open(group.hierarchy, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if folder < 0 { return nil }
        }
    }

    /// A thread that ends the process, and so the lab, when the other side is gone: at any point of building too.
    private static func watchLifeline(removing group: ControlGroup?) {
        var thread = pthread_t()
        let remains = unsafe group.flatMap(Remains.init).map { unsafe Unmanaged.passRetained($0).toOpaque() }
        let made = unsafe pthread_create(
            &thread, nil,
            { remains in
                var byte: UInt8 = 0
                while unsafe read(STDIN_FILENO, &byte, 1) > 0 {}
                if let remains = unsafe remains { LabInside.remove(unsafe Unmanaged<Remains>.fromOpaque(remains).takeRetainedValue()) }
                _exit(0)
            }, remains)
        if made != 0 { exit(1) }
    }

    /// A group is removed when it is empty: first all others of the lab must go, those too that are being started meanwhile. At most 2 s.
    private static func remove(_ remains: Remains) {
        for _ in 0..<200 {
            Glibc.kill(-1, SIGKILL)
            if ControlGroup.remove(remains.name, in: remains.folder) { return }
            usleep(10_000)
        }
    }

    /// Takes leave of every process that ends; process 1 inherits all orphans. Says so if the lab needed it.
    private static func reap(_ servers: [Child]) -> Never {
        while true {
            var status: Int32 = 0
            let id = unsafe waitpid(-1, &status, 0)
            if id < 0 { sleep(1) }
            guard let server = servers.first(where: { $0.id == id }) else { continue }
            let message = "sluice lab: \(server.name) ended (\(Child.Ending(status: status).code)); log: \(Folders.log(of: server.name))\n"
            Welcome.say(message)
        }
    }
}
