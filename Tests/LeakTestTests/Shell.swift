// SPDX-License-Identifier: MIT
import Glibc

struct SetupError: Error, CustomStringConvertible {
    let description: String
}

/// Runs a script in the network namespace of the calling thread; every line must succeed.
func shell(_ script: String) throws {
    let texts: [String] = ["/bin/sh", "-ec", script]
    var words: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var child = pid_t()
    let error = unsafe posix_spawn(&child, "/bin/sh", nil, nil, &words, environ)
    guard error == 0 else { throw SetupError(description: "posix_spawn: \(error)") }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw SetupError(description: "status \(status) of:\n\(script)") }
}
