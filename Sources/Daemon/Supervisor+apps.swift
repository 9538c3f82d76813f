// SPDX-License-Identifier: MIT
import Kernel
import Policy

extension Supervisor {
    /// Puts a process into a class. Its children will be in it too; sockets that it has already keep the class they were made in.
    func join(_ app: App, _ pid: Int32) -> ControlReply {
        guard apps != nil else {
            return ControlReply(error: "apps cannot be told apart here: no cgroup v2 is mounted, or it cannot be written to")
        }
        do throws(KernelError) {
            try apps?.move(pid, to: app)
            return ControlReply(joined: .init(pid: pid, app: app.rawValue))
        } catch {
            return ControlReply(error: "process \(pid) cannot be moved: \(error)")
        }
    }
}
