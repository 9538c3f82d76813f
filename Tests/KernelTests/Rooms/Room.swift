// SPDX-License-Identifier: MIT
import CLinux
import Glibc

@testable import Kernel

/// A fresh network namespace. This thread is in it while something runs there, and back where it was afterwards.
final class Room: Sendable {
    private let descriptor: Int32

    init(forwards: Bool = false) throws {
        let home = try Self.here()
        defer { Self.leave(to: home) }
        guard sluice_unshare(SLUICE_NEWNET) == 0 else { throw RoomError("unshare", errno) }
        descriptor = try Self.here()
        _ = try Program("ip", "link", "set", "lo", "up").run()
        if forwards { _ = try Program("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1").run() }
    }

    private static func here() throws -> Int32 {
        let descriptor = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RoomError("open namespace", errno) }
        return descriptor
    }

    private static func leave(to home: Int32) {
        precondition(sluice_setns(home, SLUICE_NEWNET) == 0, "this thread cannot leave the namespace")
        close(home)
    }

    deinit { close(descriptor) }

    /// For `ip link … netns`.
    var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

    func run<Value>(_ body: () throws -> Value) throws -> Value {
        let home = try Self.here()
        defer { Self.leave(to: home) }
        guard sluice_setns(descriptor, SLUICE_NEWNET) == 0 else { throw RoomError("setns", errno) }
        return try body()
    }

    @discardableResult func shell(_ script: String) throws -> String {
        try run { try Program("sh", "-ec", script).run(limit: 20000) }
    }
}

struct RoomError: Error, CustomStringConvertible {
    let description: String
    init(_ what: String, _ code: Int32) { description = "\(what): errno \(code)" }
}
