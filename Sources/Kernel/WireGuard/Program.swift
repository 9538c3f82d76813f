// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// One run of a program to its end: a text in, two texts out, and a time limit after which it is killed.
struct Program {
    let name: String
    let arguments: [String]

    init(_ name: String, _ arguments: [String]) {
        self.name = name
        self.arguments = arguments
    }

    init(_ name: String, _ arguments: String...) { self.init(name, arguments) }

    /// What it wrote to its standard output.
    ///
    /// `input` goes by a pipe, so that a key is never in a file; up to 64 KiB. Time limit in milliseconds.
    /// Errors: it cannot be started, ends with another status than 0, or does not end in time.
    func run(input: String = "", limit: Int64 = 2000) throws(KernelError) -> String {
        var pipes: [Int32] = []
        defer { for descriptor in pipes { close(descriptor) } }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw .call("make a pipe", errno: errno) }
            pipes += ends
        }
        for index in [1, 2, 4] { _ = sluice_set_nonblocking(pipes[index]) }
        // All of it before the program starts: its end cannot raise SIGPIPE here.
        let bytes = Array(input.utf8)
        guard unsafe bytes.isEmpty || write(pipes[1], bytes, bytes.count) == bytes.count else {
            throw .call("write to \(name)", errno: errno)
        }
        let child = try start(input: pipes[0], output: pipes[3], errors: pipes[5])
        let watch = sluice_pidfd_open(child)
        for index in [0, 1, 3, 5] { close(pipes[index]) }
        pipes = [pipes[2], pipes[4], watch]
        let (output, errors, ended) = collect(pipes[0], pipes[1], until: watch, Self.now() + limit)
        if !ended { kill(child, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard ended else { throw .timedOut(name) }
        guard status == 0 else {
            let code = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
            let text = String(decoding: errors, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
            throw .program(
                ([name] + arguments).map(Self.withoutKeys).joined(separator: " "), status: code, text: Self.withoutKeys(text))
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// What `wg` says may repeat what it was given.
    static func withoutKeys(_ text: String) -> String {
        let isOfKey: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber || "+/=".contains($0)) }
        var result = ""
        var rest = text[...]
        while let first = rest.first {
            let run = isOfKey(first) ? rest.prefix(while: isOfKey) : rest.prefix { !isOfKey($0) }
            result += isOfKey(first) && run.count >= 40 ? "(key)" : run
            rest = rest[run.endIndex...]
        }
        return result
    }

    private func start(input: Int32, output: Int32, errors: Int32) throws(KernelError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in [(input, Int32(0)), (output, 1), (errors, 2)] {
            unsafe posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        // Not every library closes its sockets for programs: wireguard-go runs on, and would keep them.
        _ = unsafe sluice_spawn_closes_rest(&actions)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The daemon blocks signals for its signalfd; a program must not inherit that.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([name] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawnp(&child, name, &actions, &attributes, &words, Glibc.environ)
        guard code == 0 else { throw .call("start \(name)", errno: code) }
        return child
    }

    /// Reads both pipes until the program has ended; what it left running may hold them open.
    private func collect(_ output: Int32, _ errors: Int32, until watch: Int32, _ deadline: Int64) -> ([UInt8], [UInt8], ended: Bool) {
        var texts: [[UInt8]] = [[], []]
        while true {
            var waits = [output, errors, watch].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let rest = deadline - Self.now()
            guard rest > 0 else { return (texts[0], texts[1], false) }
            _ = unsafe poll(&waits, 3, Int32(clamping: rest))
            for (index, descriptor) in [output, errors].enumerated() {
                var buffer = [UInt8](repeating: 0, count: 65536)
                let count = unsafe read(descriptor, &buffer, buffer.count)
                if count > 0 { texts[index] += buffer.prefix(count) }
            }
            if waits[2].revents != 0 { return (texts[0], texts[1], true) }
        }
    }

    /// Milliseconds of the monotonic clock.
    static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
