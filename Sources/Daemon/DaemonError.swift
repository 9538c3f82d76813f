// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Rules

/// Why the daemon cannot start or go on.
package enum DaemonError: Error {
    /// The configuration or a rule file is wrong; nothing was changed.
    case invalid([Problem])
    case notPermitted(String)
    /// What could not be done, and what to do about it.
    case failed(String, hint: String?)
    /// No daemon answers at this control socket.
    case noDaemon(String)

    static func system(_ what: String, _ code: Int32) -> DaemonError {
        if code == EPERM || code == EACCES { return .notPermitted("\(what): \(Self.text(of: code))") }
        return .failed("\(what): \(Self.text(of: code))", hint: nil)
    }

    static func from<Value: ~Copyable>(_ body: () throws(KernelError) -> Value) throws(DaemonError) -> Value {
        do throws(KernelError) {
            return try body()
        } catch {
            throw DaemonError(error)
        }
    }

    init(_ error: KernelError) {
        if case .call(_, let code) = error, code == EPERM || code == EACCES {
            self = .notPermitted("\(error)")
        } else {
            self = .failed("\(error)", hint: nil)
        }
    }

    private static func text(of code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
