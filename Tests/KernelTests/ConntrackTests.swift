// SPDX-License-Identifier: MIT
import Glibc
import Testing
import Wire

@testable import Kernel

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct ConntrackTests {
    /// Ports tell the mark; those from 200 on are in a zone of their own for the original direction, 300 in one for both.
    static let marks: [UInt16: UInt8] = [101: 0x01, 102: 0x02, 103: 0x03, 104: 0x04, 202: 0x02, 204: 0x04, 302: 0x02]
    static let targets = ["127.0.0.1", "127.0.0.2", "::1", "fd00::2"]

    /// A namespace that talks to itself: one flow for each mark, zone and target.
    private func withFlows(_ body: (inout ConntrackSocket) throws -> Void) throws {
        let room = try Room()
        let rules = Self.marks.sorted { $0.key < $1.key }
            .map { "udp dport \($0.key) ct mark set \(UInt32($0.value) << 24 | 0x77)" }.joined(separator: "\n")
        try room.shell(
            """
            ip addr add fd00::2/128 dev lo nodad
            nft -f - <<'END'
            table inet t {
                chain zones {
                    type filter hook output priority raw;
                    udp dport 200-299 ct original zone set 9
                    udp dport 302 ct zone set 11
                }
                chain marks {
                    type filter hook output priority 0;
                    \(rules)
                }
            }
            END
            """)
        try room.run {
            for target in Self.targets {
                for port in Self.marks.keys { _ = try sendOnce(to: IPAddress(target)!, port) }
            }
            var socket = try ConntrackSocket()
            #expect(try Self.standing(&socket) == Self.all { _, _ in true })
            try body(&socket)
        }
    }

    private static func standing(_ socket: inout ConntrackSocket) throws -> Set<String> {
        let flows = try socket.flows(marks: Set(marks.values)).filter { $0.mark & 0xFFFFFF == 0x77 }
        return Set(flows.map { "\($0.destination) \($0.destinationPort)" })
    }

    private static func all(_ condition: (String, UInt16) -> Bool) -> Set<String> {
        Set(targets.flatMap { target in marks.keys.filter { condition(target, $0) }.map { "\(target) \($0)" } })
    }

    @Test func onlyFlowsOfTheMarksThatWereAskedForAreSeen() throws {
        try withFlows { (socket: inout ConntrackSocket) throws in
            for wanted in [[0x01], [0x01, 0x03], [0x02, 0x04], [0x01, 0x02, 0x04], [0x0E]] as [Set<UInt8>] {
                let ports = Set(try socket.flows(marks: wanted).filter { $0.mark != 0 }.map(\.destinationPort))
                #expect(ports == Set(Self.marks.filter { wanted.contains($0.value) }.keys))
            }
            #expect(try socket.flows(marks: []) == [])
        }
    }

    @Test func flowsOfAnyZoneEndAndNoOthers() throws {
        try withFlows { (socket: inout ConntrackSocket) throws in
            #expect(try socket.end(try socket.flows(marks: [0x02, 0x04]).filter { $0.destination == IPAddress("127.0.0.2")! }) == 5)
            #expect(try Self.standing(&socket) == Self.all { $0 != "127.0.0.2" || $1 == 101 || $1 == 103 })
            #expect(try socket.end(try socket.flows(marks: [0x02]).filter { $0.destination.family == .v6 && $0.protocol == 17 }) == 6)
            let left = Self.all { target, port in
                if target.contains(":") { return Self.marks[port] != 0x02 }
                return target != "127.0.0.2" || port == 101 || port == 103
            }
            #expect(try Self.standing(&socket) == left)
            #expect(try socket.end(try socket.flows(marks: [0x02, 0x04]).filter { _ in false }) == 0)
            #expect(try socket.end(try socket.flows(marks: [])) == 0)
            #expect(try Self.standing(&socket) == left)
        }
    }

    /// What a flow was is gone with it: with another rule the next packet of the same socket gets another mark.
    @Test func theNextPacketBeginsAnew() throws {
        let room = try Room()
        try room.shell("nft 'add table inet t; add chain inet t o { type filter hook output priority 0; }'")
        try room.shell("nft 'add rule inet t o udp dport 99 ct mark == 0 ct mark set 0x02000000'")
        try room.run {
            let descriptor = try sendOnce(to: IPAddress("127.0.0.1")!, 99, keepsOpen: true)
            defer { close(descriptor) }
            var socket = try ConntrackSocket()
            #expect(try socket.flows(marks: [0x02]).count == 1)
            try room.shell("nft 'flush chain inet t o; add rule inet t o udp dport 99 ct mark 0 ct mark set 0x01000000'")
            try again(descriptor)
            #expect(try socket.flows(marks: [0x01]) == [])
            try socket.end(try socket.flows(marks: [0x02]))
            try again(descriptor)
            #expect(try socket.flows(marks: [0x02]) == [])
            #expect(try socket.flows(marks: [0x01]).count == 1)
        }
    }

    /// Prints what it takes beside 20,000 other flows.
    @Test func endingTakesMilliseconds() throws {
        let room = try Room()
        try room.shell("nft 'add table inet t; add chain inet t o { type filter hook output priority 0; }'")
        let map = "ct mark set ip daddr map { 127.0.0.1 : 0x02000000, 127.0.0.2 : 0x01000000 }"
        try room.shell("nft 'add rule inet t o meta l4proto udp \(map)'")
        try room.run {
            for port in 1...20000 as ClosedRange<UInt16> { _ = try sendOnce(to: IPAddress("127.0.0.1")!, port) }
            for port in 1...100 as ClosedRange<UInt16> { _ = try sendOnce(to: IPAddress("127.0.0.2")!, port) }
            var socket = try ConntrackSocket()
            var start = nanoseconds()
            #expect(try socket.end(try socket.flows(marks: [0x01])) == 100)
            let some = Double(nanoseconds() - start) / 1e6
            start = nanoseconds()
            #expect(try socket.end(try socket.flows(marks: [0x02])) == 20000)
            let all = Double(nanoseconds() - start) / 1e6
            print("beside 20,000 flows: 100 by mark \(some) ms, all 20,000 \(all) ms")
        }
    }
}

/// One datagram from a fresh socket.
private func sendOnce(to address: IPAddress, _ port: UInt16, keepsOpen: Bool = false) throws -> Int32 {
    let descriptor = socket(address.family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { if !keepsOpen { close(descriptor) } }
    var four = sockaddr_in()
    var six = sockaddr_in6()
    four.sin_family = sa_family_t(AF_INET)
    six.sin6_family = sa_family_t(AF_INET6)
    (four.sin_port, six.sin6_port) = (port.bigEndian, port.bigEndian)
    let status: Int32
    if address.family == .v4 {
        unsafe withUnsafeMutableBytes(of: &four.sin_addr) { unsafe $0.copyBytes(from: address.bytes) }
        status = unsafe withUnsafePointer(to: &four) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    } else {
        unsafe withUnsafeMutableBytes(of: &six.sin6_addr) { unsafe $0.copyBytes(from: address.bytes) }
        status = unsafe withUnsafePointer(to: &six) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
    guard status == 0, unsafe send(descriptor, "!", 1, 0) == 1 else { throw RoomError("send to \(address)", errno) }
    return descriptor
}

/// The answer that nobody listens stands before it.
private func again(_ descriptor: Int32) throws {
    for _ in 0..<2 where unsafe send(descriptor, "!", 1, 0) == 1 { return }
    throw RoomError("send", errno)
}
