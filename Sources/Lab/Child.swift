// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// A process we started and have not waited for yet.
struct Child {
    /// In our PID namespace.
    let id: pid_t
    let name: String

    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)

        /// As a shell gives it: 128 + signal.
        var code: Int32 {
            switch self {
            case .exited(let code): code
            case .signalled(let signal): 128 + signal
            }
        }

        init(status: Int32) {
            // WIFEXITED and its like are macros that Swift does not see: the low seven bits are the signal, the next byte the code.
            self = status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
        }
    }

    /// A descriptor that becomes readable when the process ends, and names it without the risk of a reused number.
    func handle() throws(LabError) -> Descriptor {
        let number = sluice_pidfd_open(id)
        if number < 0 { throw .system("pidfd_open", errno) }
        return Descriptor(number)
    }

    /// Waits for its end. Without a limit, or nil when the time is up and it still runs.
    func wait(milliseconds: Int32 = -1) throws(LabError) -> Ending? {
        if milliseconds >= 0, try !handle().waitReadable(milliseconds: milliseconds) { return nil }
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) < 0 {
            if errno != EINTR { throw .system("waiting for \(name)", errno) }
        }
        return Ending(status: status)
    }

    func send(_ signal: Int32) { Glibc.kill(id, signal) }

    func kill() { send(SIGKILL) }
}
