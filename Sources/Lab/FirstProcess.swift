// SPDX-License-Identifier: MIT
import Glibc

/// The lab's first process, from the side of the one that started it.
struct FirstProcess: ~Copyable {
    let child: Child
    /// Readable when it has ended.
    let handle: Descriptor
    /// It reports here, and waits for our end of it to vanish.
    private let lifeline: Descriptor
    /// Nil where there are none to be had: the lab works, but apps cannot be told apart in it.
    private let group: ControlGroup?

    /// Returns when the lab is ready; throws what the process reported if it could not build it.
    static func start(executable: String, daemon: Bool) throws(LabError) -> FirstProcess {
        guard geteuid() == 0 else { throw .notPermitted("making network namespaces") }
        let pair = try Descriptor.Pair()
        let group = controlGroup()
        let child: Child
        do { child = try launch([executable] + LabInside.words(daemon: daemon, group: group), lifeline: pair.theirs) } catch {
            group?.remove()
            throw error
        }
        let process = FirstProcess(child: child, handle: try child.handle(), lifeline: pair.ours, group: group)
        if let problem = LabInside.problem(in: try process.lifeline.readAll()) {
            process.end()
            throw problem
        }
        return process
    }

    private static func controlGroup() -> ControlGroup? {
        do { return try ControlGroup.make() } catch {
            Welcome.say("sluice lab: without control groups of its own, apps are not told apart: \(error)\n")
            return nil
        }
    }

    /// The other side's end of the lifeline is closed here with the last use: its own copy is to be the only one.
    private static func launch(_ words: [String], lifeline: consuming Descriptor) throws(LabError) -> Child {
        let nowhere = try Descriptor(writing: "/dev/null")
        var program = Program(words)
        program.namespaces = .fresh
        program.group = .session
        program.input = lifeline.number
        program.output = nowhere.number
        return try program.start(as: "namespaces for the lab")
    }

    /// The kernel ends all others of its PID namespace first; so they are gone too when this returns.
    func end() {
        child.kill()
        _ = try? child.wait()
        group?.remove()
    }
}
