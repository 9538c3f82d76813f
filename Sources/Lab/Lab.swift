// SPDX-License-Identifier: MIT
/// A network of five machines in namespaces of its own (DESIGN.md, "The lab"), seen from outside.
///
/// Its first process (`LabInside`) is the only thing that holds it: when that one dies, the kernel ends every process of the lab, and with
/// the last of them go devices, rules, mounts and files. It dies by `end()`, and by itself when we are gone, however we went.
package struct Lab: ~Copyable {
    /// The sluice program.
    package let executable: String
    private let first: FirstProcess

    /// The lab's first process, as a process id of the machine, for nsenter(1).
    package var process: Int32 { first.child.id }

    /// Our own program's file.
    package static var ownExecutable: String { Files.target(of: "/proc/self/exe") ?? "/proc/self/exe" }

    /// Builds it; returns when every server answers and, with `daemon`, sluice on its host is connected.
    /// - Parameter executable: the sluice program, for the lab's first process and for its host. Tests run in another program.
    package init(executable: String = Lab.ownExecutable, daemon: Bool = true) throws(LabError) {
        first = try FirstProcess.start(executable: executable, daemon: daemon)
        self.executable = executable
    }

    /// Names the first process.
    var handle: Int32 { first.handle.number }

    /// Removes all of it; returns when the last process is gone.
    package consuming func end() {}

    deinit { first.end() }
}
