// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// The place's network namespace. Only the lab's first process, which works in one thread, uses it.
extension Place {
    private static let mine = "/proc/thread-self/ns/net"
    private var name: String { "\(Folders.names)/\(rawValue)" }

    /// Gives a new network the place's name (the host: the network we are in) and writes its kernel settings.
    func makeNetwork() throws(LabError) {
        let home = try Descriptor(reading: Self.mine)
        if self != .host, sluice_unshare(SLUICE_NEWNET) != 0 { throw .system("a network for \(self)", errno) }
        try Files.write("", to: name)
        try Mounts.bind(Self.mine, to: name)
        for setting in settings { try Files.write(setting.value, to: "/proc/sys/net/\(setting.file)") }
        try Self.step(into: home)
    }

    /// Does something with this network as the thread's own: sockets and programs made there belong to it.
    func inside<Result>(_ work: () throws(LabError) -> Result) throws(LabError) -> Result {
        let home = try Descriptor(reading: Self.mine)
        try Self.step(into: Descriptor(reading: name))
        let result: Result
        do { result = try work() } catch {
            try Self.step(into: home)
            throw error
        }
        try Self.step(into: home)
        return result
    }

    private static func step(into network: borrowing Descriptor) throws(LabError) {
        if sluice_setns(network.number, SLUICE_NEWNET) != 0 { throw .system("entering a network", errno) }
    }
}
