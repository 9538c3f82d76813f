// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Policy
import Testing
import Upstreams
import Wire

/// Real sockets, to a server on loopback that says which port a question came from.
@Suite final class UpstreamSocketsTests {
    /// A datagram socket on a port of loopback's.
    final class Server {
        let fd: Int32
        let port: UInt16

        init() throws {
            fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            let bound = unsafe SocketAddress(.v4(0x7F00_0001), port: 0).with { [fd] in unsafe Glibc.bind(fd, $0, $1) }
            try #require(bound == 0)
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            unsafe withUnsafeMutablePointer(to: &storage) { [fd] pointer in
                _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(fd, $0, &length) }
            }
            port = try #require(SocketAddress(storage)).port
        }

        deinit { Glibc.close(fd) }

        var ask: Ask { Ask(.outside, ServerAddress(.v4(0x7F00_0001), port: port)) }

        /// The next question, and the port it came from.
        func receive() -> (bytes: [UInt8], from: SocketAddress)? {
            var bytes = [UInt8](repeating: 0, count: 512)
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let count = unsafe bytes.withUnsafeMutableBytes { room in
                unsafe withUnsafeMutablePointer(to: &storage) { pointer in
                    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        unsafe recvfrom(fd, room.baseAddress, room.count, 0, $0, &length)
                    }
                }
            }
            guard count >= 0, let from = SocketAddress(storage) else { return nil }
            return (Array(bytes[..<count]), from)
        }

        func send(_ bytes: [UInt8], to address: SocketAddress) {
            _ = unsafe address.with { [fd] peer, length in
                unsafe bytes.withUnsafeBytes { unsafe sendto(fd, $0.baseAddress, $0.count, 0, peer, length) }
            }
        }
    }

    let server: Server
    /// As Linux has it unless told otherwise.
    var sockets = UpstreamSockets(ports: LocalPorts(range: Array("32768\t60999\n".utf8)))

    init() throws { server = try Server() }

    private func open(_ question: UInt64, _ ask: Ask, _ random: UInt32) -> UpstreamSockets.Opened? {
        sockets.open(question, ask, .udp, [UInt8(truncatingIfNeeded: question)], random: random)
    }

    private func close(_ question: UInt64) -> Bool { sockets.close(question) }

    @Test func everyPortIsAsLikelyAsAnother() {
        var seen: [UInt16: Int] = [:]
        // Evenly spaced numbers come to evenly spaced ports: each has its share, and none is outside.
        for step in 0..<UInt32(1 << 20) { seen[LocalPorts.port(step << 12), default: 0] += 1 }
        #expect(seen.count == 55_296)
        #expect(seen.keys.min() == 10_240 && seen.keys.max() == 65_535)
        #expect(seen.values.allSatisfy { (18...20).contains($0) })
    }

    @Test(.asRoot) func eachQuestionLeavesFromThePortThatChanceSays() throws {
        var (fromKernel, reused, taken) = (Set<UInt16>(), 0, 0)
        for question in 0..<2000 as Range<UInt64> {
            let random = UInt32.random(in: .min ... .max)
            let opened = try #require(open(question, server.ask, random))
            if !opened.isNew { reused += 1 }
            #expect(sockets.at(opened.place)?.question == question)
            let port = try #require(server.receive()?.from.port)
            if (32768...60999).contains(LocalPorts.port(random)) {
                #expect((32768...60999).contains(port))
                fromKernel.insert(port)
            } else if port != LocalPorts.port(random) {
                taken += 1
            }
            #expect(close(question))
            #expect(!close(question))
        }
        // Half of the ports are the kernel's own, and it does not repeat itself.
        #expect(reused > 800 && reused < 1200 && fromKernel.count > 900)
        // Somebody else on this machine may have one.
        #expect(taken < 20)
    }

    @Test(.asRoot) func reservedPortsAreLeftAlone() throws {
        // 1 << 20 is port 10253.
        for (reserved, isLeft) in [("8080,10250-10260\n", true), ("10253\n", true), ("\n", false)] {
            sockets = UpstreamSockets(ports: LocalPorts(range: Array("32768\t60999\n".utf8), reserved: Array(reserved.utf8)))
            _ = try #require(open(1, server.ask, 1 << 20))
            let port = try #require(server.receive()?.from.port)
            #expect((port == LocalPorts.port(1 << 20)) == !isLeft)
        }
    }

    @Test(.asRoot) func whatIsReadyWithoutAQuestionIsClosed() throws {
        let first = try #require(open(1, server.ask, 1 << 31))
        #expect(close(1))
        #expect(sockets.at(first.place) == nil)
        let second = try #require(open(2, server.ask, 1 << 31))
        #expect(second.isNew)
    }

    @Test(.asRoot) func whatComesLateIsNotTheNextOnes() throws {
        // 1 << 31 is port 37888, one of the kernel's.
        let first = try #require(open(1, server.ask, 1 << 31))
        let asker = try #require(server.receive()?.from)
        server.send([1, 1], to: asker)
        #expect(close(1))
        server.send([1, 2], to: asker)
        let second = try #require(open(2, server.ask, 1 << 31 + 1 << 20))
        #expect(second.place == first.place && !second.isNew)
        server.send([1, 3], to: asker)
        let other = try #require(server.receive()?.from)
        try #require(other.port != asker.port, "one in 28,000")
        server.send([2, 2], to: other)
        var room = [UInt8](repeating: 0, count: 64)
        guard case .packet(let packet) = second.socket.proceed(&room) else {
            Issue.record("the reply is not there")
            return
        }
        #expect(packet == [2, 2])
    }

    @Test(.asRoot) func aSocketStaysOnItsPath() throws {
        let first = try #require(open(1, server.ask, 1 << 31))
        #expect(close(1))
        let inTunnel = try #require(open(2, Ask(.tunnel, server.ask.server), 1 << 31))
        #expect(inTunnel.isNew && inTunnel.socket.fd != first.socket.fd)
        let outside = try #require(open(3, server.ask, 1 << 31 + 1 << 20))
        #expect(!outside.isNew && outside.socket.fd == first.socket.fd)
    }
}

extension Trait where Self == ConditionTrait {
    fileprivate static var asRoot: Self { .enabled(if: geteuid() == 0, "marking sockets needs root") }
}
