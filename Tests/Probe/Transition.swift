// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// How long the kernel knows of a lost tunnel before its own rules refuse it: from the first that rtnetlink tells of a link, address or route
/// to the removal of an element from `tunnel_enter` of the table `inet sluice`. Both are told by the kernel, and read here by one thread that
/// never sleeps, so that waking up counts for neither.
struct Transition {
    private let routes: Int32
    private let tables: Int32

    init() {
        // RTNLGRP_NFTABLES is 7, and as the daemon listens: links, addresses, routes.
        routes = Self.listen(NETLINK_ROUTE, groups: 0x1 | 0x10 | 0x40 | 0x100 | 0x400)
        tables = Self.listen(NETLINK_NETFILTER, groups: 1 << 6)
    }

    private static func listen(_ bus: Int32, groups: UInt32) -> Int32 {
        let fd = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_NONBLOCK.rawValue), bus)
        var size: Int32 = 8 << 20
        unsafe setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
        var address = sockaddr_nl()
        address.nl_family = UInt16(AF_NETLINK)
        address.nl_groups = groups
        let bound = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(fd, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        if bound != 0 { Probe.fail("no netlink") }
        return fd
    }

    /// Says when it is ready; then waits for one transition, 5 s at most. Prints microseconds.
    func measure() {
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -20)
        print("ready")
        fflush(nil)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let end = Self.now() + 5_000_000
        var told: Int?
        while Self.now() < end {
            if told == nil, receive(routes, &buffer) > 0 { told = Self.now() }
            let count = receive(tables, &buffer)
            if count > 0, isClosing(buffer[..<count]) {
                // This thread was not running in between.
                print(told.map { "ok \(Self.now() - $0)" } ?? "ok missed")
                return
            }
        }
        Probe.fail(told == nil ? "no event" : "tunnel_enter was not emptied")
    }

    private func receive(_ fd: Int32, _ buffer: inout [UInt8]) -> Int {
        unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
    }

    /// Whether among these messages is an NFT_MSG_DELSETELEM that names the set.
    private func isClosing(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count > 6 && bytes[4] == UInt8(NFT_MSG_DELSETELEM.rawValue) && bytes[5] == 10
            && bytes.firstRange(of: Array("tunnel_enter\0".utf8)) != nil
    }

    /// Microseconds.
    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
