// SPDX-License-Identifier: MIT

import Glibc

/// Why there is no lab. The text is for the person who asked for it.
package struct LabError: Error, CustomStringConvertible {
    /// Exit status of the verb: 1, or 4 where the caller may not make namespaces.
    package let code: Int32
    package let description: String

    init(_ description: String, code: Int32 = 1) {
        self.code = code
        self.description = description
    }

    static func notPermitted(_ what: String) -> LabError {
        LabError("\(what) needs root: try `sudo sluice lab`", code: 4)
    }

    static func missing(tool: String, package: String) -> LabError {
        LabError("`\(tool)` is missing: apt-get install \(package)")
    }

    /// A system call that failed, with what it was to do. The machine may refuse namespaces to root too, in a container.
    static func system(_ what: String, _ number: Int32) -> LabError {
        LabError("\(what): \(Errno.text(number))", code: number == EPERM ? 4 : 1)
    }
}
