// SPDX-License-Identifier: MIT

/// Why an app could not be put into a group, or there are no groups.
package enum AppGroupError: Error, Hashable, Sendable {
    /// No cgroup2 is mounted where it can be written.
    case noHierarchy
    /// No process has this number; it may have ended.
    case noSuchProcess(Int32)
    /// The system does not let us: what was to be done.
    case notPermitted(String)
    /// Something else went wrong: what was being done, and the system's errno.
    case call(String, errno: Int32)
}

extension AppGroupError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noHierarchy: "no cgroup2 is mounted here that can be written (see mount -t cgroup2)"
        case .noSuchProcess(let number): "no process \(number)"
        case .notPermitted(let operation): "\(operation): not permitted"
        case .call(let operation, let errno): KernelError.call(operation, errno: errno).description
        }
    }
}
