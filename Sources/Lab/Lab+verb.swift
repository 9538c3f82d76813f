// SPDX-License-Identifier: MIT
import Glibc

/// What `sluice lab` does with a terminal and with signals.
extension Lab {
    /// Runs a command as this process's own job: signals sent to us go on to it, Ctrl-C and Ctrl-Z reach both.
    /// - Parameter shell: it gets the terminal for itself, and we take it back afterwards.
    package borrowing func runJob(_ command: [String], shell: Bool = false) throws(LabError) -> Int32 {
        let signals = try SignalStream([SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTTOU])
        var program = try program(command)
        let terminal = shell && isatty(STDIN_FILENO) == 1
        if terminal { program.group = .foreground }
        let job = try program.start(as: command[0])
        let ended = try job.handle()
        while true {
            if Descriptor.firstReadable([ended.number, signals.number], milliseconds: -1) == 0 { break }
            // The terminal's own went to the whole group already.
            if let signal = signals.next(), !signal.fromTerminal { job.send(signal.number) }
        }
        let code = try job.wait()?.code ?? 1
        if terminal { tcsetpgrp(STDIN_FILENO, getpgrp()) }
        return code
    }

    /// Returns at SIGINT, SIGTERM or SIGHUP, or when the lab has died.
    package borrowing func waitForEnd() throws(LabError) {
        let signals = try SignalStream([SIGINT, SIGTERM, SIGHUP])
        _ = Descriptor.firstReadable([handle, signals.number], milliseconds: -1)
    }
}
