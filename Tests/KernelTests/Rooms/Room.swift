// SPDX-License-Identifier: MIT
import CLinux
import Glibc

@testable import Kernel

/// A fresh network namespace. What runs in it runs on a thread of its own, so that nothing else of the test process moves there.
final class Room: Sendable {
    private let descriptor: Int32

    init(forwards: Bool = false) throws {
        descriptor = try onOwnThread {
            guard sluice_unshare(SLUICE_NEWNET) == 0 else { throw RoomError("unshare", errno) }
            let descriptor = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw RoomError("open namespace", errno) }
            _ = try Program("ip", "link", "set", "lo", "up").run()
            return descriptor
        }
        if forwards { try shell("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1") }
    }

    deinit { close(descriptor) }

    /// For `ip link … netns`.
    var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

    func run<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor = descriptor
        return try onOwnThread {
            guard sluice_setns(descriptor, SLUICE_NEWNET) == 0 else { throw RoomError("setns", errno) }
            return try body()
        }
    }

    @discardableResult func shell(_ script: String) throws -> String {
        try run { try Program("sh", "-ec", script).run(limit: 20000) }
    }
}

struct RoomError: Error, CustomStringConvertible {
    let description: String
    init(_ what: String, _ code: Int32) { description = "\(what): errno \(code)" }
}
