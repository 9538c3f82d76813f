// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Signals as things to read, instead of what they do by default. Blocks them for this thread, for good: after the first job nothing but
/// the lab's end is left to do. Children start with no signal blocked.
struct SignalStream: ~Copyable {
    private let descriptor: Descriptor
    var number: Int32 { descriptor.number }

    struct Signal {
        let number: Int32
        /// Sent by the kernel, as for Ctrl-C, and not by a process.
        let fromTerminal: Bool
    }

    init(_ numbers: [Int32]) throws(LabError) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        let made = unsafe signalfd(-1, &set, O_CLOEXEC)
        if made < 0 { throw .system("signalfd", errno) }
        descriptor = Descriptor(made)
    }

    /// Waits for one.
    func next() -> Signal? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard unsafe read(number, &info, size) == size else { return nil }
        return Signal(number: Int32(info.ssi_signo), fromTerminal: info.ssi_code > 0)
    }
}
