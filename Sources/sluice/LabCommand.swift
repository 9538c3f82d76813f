// SPDX-License-Identifier: MIT
import ArgumentParser
import Glibc
import Lab

struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "A network lab on this machine: two relays, three resolvers, a LAN; a command runs on its host.",
        discussion: "Needs root. Everything is in namespaces of its own and gone when this command ends, however it ends.")

    @Flag(help: "Open a shell on the lab's host.")
    var shell = false

    @Flag(help: "Stay, after CMD too, until Ctrl-C.")
    var keep = false

    @Flag(name: .customLong("no-daemon"), help: "Do not start sluice on the lab's host.")
    var withoutDaemon = false

    @Argument(parsing: .postTerminator, help: ArgumentHelp("What to run on the host; its exit status becomes ours.", valueName: "cmd"))
    var command: [String] = []

    /// A shell, where nothing else was asked for and somebody is there to use it.
    private var wantsShell: Bool { shell || (command.isEmpty && !keep && isatty(STDIN_FILENO) == 1) }

    func validate() throws {
        if shell && !command.isEmpty { throw ValidationError("--shell and a command exclude each other.") }
        if !wantsShell && !keep && command.isEmpty { throw ValidationError("Say what to do: --shell, --keep or -- CMD.") }
    }

    func run() throws {
        let code: Int32
        do { code = try runLab() } catch {
            Welcome.say("sluice lab: \(error)\n")
            code = error.code
        }
        throw ExitCode(code)
    }

    private func runLab() throws(LabError) -> Int32 {
        let lab = try Lab(daemon: !withoutDaemon)
        let color = isatty(STDERR_FILENO) == 1 && Welcome.allowsColor
        if wantsShell || command.isEmpty { Welcome.say(Welcome.text(daemon: !withoutDaemon, color: color)) }
        var code: Int32 = 0
        if wantsShell { code = try lab.runJob([Welcome.shell], shell: true) }
        if !command.isEmpty { code = try lab.runJob(command) }
        if keep {
            Welcome.say(Welcome.door(process: lab.process))
            try lab.waitForEnd()
        }
        lab.end()
        return code
    }
}

/// The lab's first process; not for people.
struct LabInsideCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: LabInside.verb, shouldDisplay: false)

    @Flag(name: .customLong("no-daemon"))
    var withoutDaemon = false

    @Option(name: .customLong("group"))
    var group: String?

    func run() { LabInside.run(daemon: !withoutDaemon, group: group) }
}
