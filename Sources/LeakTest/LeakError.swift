// SPDX-License-Identifier: MIT
import Glibc

/// Why a leak test could not run at all. A test that ran and proves nothing is a report with verdict `inconclusive` instead.
package enum LeakError: Error, Equatable, CustomStringConvertible {
    /// The kernel refused; the text says what and which capability it wants.
    case notPermitted(String)
    /// A system call failed.
    case system(call: String, errno: Int32)
    /// The plan cannot be carried out.
    case plan(String)

    package var description: String {
        switch self {
        case .notPermitted(let what): "not permitted: \(what)"
        case .system(let call, let errno): "\(call): \(Self.text(of: errno))"
        case .plan(let problem): problem
        }
    }

    static func text(of errno: Int32) -> String {
        guard let text = unsafe strerror(errno) else { return "error \(errno)" }
        return unsafe String(cString: text)
    }
}
