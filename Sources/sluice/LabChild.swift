// SPDX-License-Identifier: MIT
import Glibc

/// A program that a full leak test starts in the lab, in a process group of its own.
struct LabChild {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let id: pid_t

    /// Starts it; what it writes is added to the file.
    init(_ words: [String], output: String = "/dev/null") throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var id: pid_t = 0
        let code = unsafe posix_spawnp(&id, words[0], &actions, &attributes, &arguments, environ)
        guard code == 0 else { throw Failure(description: "\(words[0]) cannot be started: error \(code)") }
        self.id = id
    }

    /// Its exit status, 128 and the signal's number for one that was killed; nil when it still runs after that time.
    func wait(milliseconds: Int) -> Int32? {
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        while true {
            var status: Int32 = 0
            let ended = unsafe waitpid(id, &status, WNOHANG)
            if ended == id { return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F }
            if ended < 0 || ContinuousClock.now > end { return nil }
            usleep(5000)
        }
    }

    /// Ends it, and all that it started.
    func kill() {
        Glibc.kill(-id, SIGKILL)
        _ = wait(milliseconds: 5000)
    }

    /// Runs a program to its end and says with which status; nil when it took longer than 10 s, and is ended.
    @discardableResult
    static func run(_ words: [String], output: String = "/dev/null") throws -> Int32? {
        let child = try LabChild(words, output: output)
        let status = child.wait(milliseconds: 10_000)
        if status == nil { child.kill() }
        return status
    }
}
