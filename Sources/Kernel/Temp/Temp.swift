// SPDX-License-Identifier: MIT
import Policy

/// Control groups of the classes of apps.
package struct AppGroups {
    package init() throws(KernelError) { throw .missing("cgroup v2") }
    package var level: Int { 2 }
    package func id(of app: App) -> UInt64 { 1 }
    package mutating func refresh() throws(KernelError) {}
    package func move(_ pid: Int32, to app: App) throws(KernelError) {}
    package func remove() {}
}
