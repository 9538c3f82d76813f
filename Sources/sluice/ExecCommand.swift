// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon
import Glibc

struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Runs an app outside the tunnel whatever the rules say, or only in it.",
        usage: "sluice exec (--outside | --tunnel) [--config <file>] (--pid <process> | -- <command> ...)",
        discussion: """
            With --tunnel the app reaches nothing while the tunnel is not connected. Its children are of the same class.
            A running process is moved by --pid: sockets it has already keep the class they were made in. Needs root or
            the group that [control] names.
            """)

    @Flag(help: "Outside the tunnel.") var outside = false
    @Flag(help: "Only in the tunnel.") var tunnel = false
    @Option(
        help: ArgumentHelp(
            "A process that runs already, instead of a command; without --outside or --tunnel it becomes normal again.",
            valueName: "process"))
    var pid: Int32?
    @Argument(parsing: .postTerminator, help: ArgumentHelp("What to run, after --.", valueName: "command"))
    var command: [String] = []
    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func validate() throws {
        if outside && tunnel { throw ValidationError("an app cannot be both outside the tunnel and only in it") }
        if pid != nil, !command.isEmpty { throw ValidationError("name a command or a process, not both") }
        if pid == nil, command.isEmpty { throw ValidationError("name a command after --, or a process by --pid") }
        if pid == nil, !outside, !tunnel { throw ValidationError("say --outside or --tunnel") }
    }

    func run() throws {
        let app = outside ? "excluded" : tunnel ? "tunneled" : "normal"
        let joined = try source.ask(ControlRequest(.exec, app: app, pid: pid), for: \.joined)
        guard pid == nil else {
            if output.json {
                struct View: Encodable {
                    let schema = 1
                    let pid: Int32
                    let app: String
                }
                try Console.show(json: View(pid: joined.pid, app: joined.app))
            } else {
                print("process \(joined.pid) is \(joined.app) now; connections it has already stay as they were")
            }
            return
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) } + [nil]
        unsafe execvp(command[0], &arguments)
        let code = errno
        Console.complain("sluice: \(command[0]): \(unsafe String(cString: strerror(code)))")
        // As a shell ends when it cannot start a program.
        throw ExitCode(code == ENOENT ? 127 : 126)
    }
}
