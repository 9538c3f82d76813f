// SPDX-License-Identifier: MIT
import Glibc

extension Lab {
    /// What a command left behind.
    package struct Outcome: Sendable {
        /// 128 + signal if one ended it.
        package let code: Int32
        package let output: String
        package let errors: String
    }

    /// Runs a command on the lab's host with our own standard streams, and waits for it. For `&&`, pipes and other machines of the lab, run
    /// `sh -c` and `ip netns exec`.
    /// - Returns: its exit status, or 128 + signal.
    package borrowing func run(_ command: [String]) throws(LabError) -> Int32 {
        let child = try program(command).start(as: command[0])
        return try child.wait()?.code ?? 1
    }

    /// The same, with what it wrote.
    package borrowing func output(of command: [String]) throws(LabError) -> Outcome {
        var program = try program(command)
        let nothing = try Descriptor(reading: "/dev/null")
        let output = try Descriptor(inMemory: "output")
        let errors = try Descriptor(inMemory: "errors")
        program.input = nothing.number
        program.output = output.number
        program.errors = errors.number
        let ending = try program.start(as: command[0]).wait()
        return Outcome(code: ending?.code ?? 1, output: try output.readFromStart(), errors: try errors.readFromStart())
    }

    /// A command as it starts on the host: our folder and environment, our program first in PATH, and SLUICE_LAB=1.
    borrowing func program(_ command: [String]) throws(LabError) -> Program {
        guard let word = command.first else { throw LabError("no command", code: 64) }
        let own = executable.lastIndex(of: "/").map { String(executable[..<$0]) } ?? "."
        let path = own + ":" + (Environment.value("PATH") ?? "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        guard let file = Environment.program(word, path: path) else { throw LabError("\(word): command not found", code: 127) }
        var environment = Environment.setting("PATH", to: path, in: Environment.current)
        environment = Environment.setting("SLUICE_LAB", to: "1", in: environment)
        var program = Program([file] + command.dropFirst(), environment: environment)
        program.namespaces = .of(handle)
        program.folder = Environment.workingFolder
        return program
    }
}
