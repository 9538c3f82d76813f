// SPDX-License-Identifier: MIT
import Glibc

/// Files of the machine, read whole.
package enum HostFile {
    package enum Failure: Error, Hashable, Sendable {
        case missing
        case notPermitted
        case unreadable(String)
    }

    package static func read(_ path: String) throws(Failure) -> [UInt8] { try FileBytes(path).array }

    /// Files that fit a pattern of the shell, sorted by name; empty when none does.
    package static func matching(_ pattern: String) -> [String] {
        var result = unsafe glob_t()
        defer { unsafe globfree(&result) }
        guard unsafe glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(unsafe result.gl_pathc)).compactMap { index in
            unsafe result.gl_pathv[index].map { unsafe String(cString: $0) }
        }
    }
}
