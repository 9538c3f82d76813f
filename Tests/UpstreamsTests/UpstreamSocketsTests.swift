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
    var sockets = UpstreamSockets()

    init() throws { server = try Server() }

    private func open(_ question: UInt64, _ ask: Ask) -> UpstreamSockets.Opened? {
        sockets.open(question, ask, .udp, [UInt8(truncatingIfNeeded: question)])
    }

    private func close(_ question: UInt64) -> Bool { sockets.close(question) }

    /// What the kernel draws from, as ip(7) has it.
    private func range() throws -> ClosedRange<UInt16> {
        guard let file = unsafe fopen("/proc/sys/net/ipv4/ip_local_port_range", "r") else { return 32768...60999 }
        defer { unsafe fclose(file) }
        var text = ""
        while case let byte = unsafe getc(file), byte != EOF { text.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: byte))) }
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
        try #require(numbers.count == 2)
        return numbers[0]...numbers[1]
    }

    @Test(.asRoot) func eachQuestionLeavesFromAPortDrawnForIt() throws {
        let range = try range()
        var (ports, reused) = ([UInt16](), 0)
        for question in 0..<2000 as Range<UInt64> {
            let opened = try #require(open(question, server.ask))
            if !opened.isNew { reused += 1 }
            #expect(sockets.at(opened.place)?.question == question)
            ports.append(try #require(server.receive()?.from.port))
            #expect(close(question))
            #expect(!close(question))
        }
        #expect(reused == 1999)
        #expect(ports.allSatisfy(range.contains))
        // Of 28,232 ports 2,000 draws meet about 1,930; one that came again and again, or followed the last, would be seen.
        #expect(Set(ports).count > min(1850, range.count / 2))
        #expect(zip(ports, ports.dropFirst()).count { $1 &- $0 < 16 } < 20)
    }

    @Test(.asRoot) func whatIsReadyWithoutAQuestionIsClosed() throws {
        let first = try #require(open(1, server.ask))
        #expect(close(1))
        #expect(sockets.at(first.place) == nil)
        let second = try #require(open(2, server.ask))
        #expect(second.isNew)
    }

    @Test(.asRoot) func whatComesLateIsNotTheNextOnes() throws {
        let first = try #require(open(1, server.ask))
        let asker = try #require(server.receive()?.from)
        server.send([1, 1], to: asker)
        #expect(close(1))
        server.send([1, 2], to: asker)
        let second = try #require(open(2, server.ask))
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
        let first = try #require(open(1, server.ask))
        #expect(close(1))
        let inTunnel = try #require(open(2, Ask(.tunnel, server.ask.server)))
        #expect(inTunnel.isNew && inTunnel.socket.fd != first.socket.fd)
        let outside = try #require(open(3, server.ask))
        #expect(!outside.isNew && outside.socket.fd == first.socket.fd)
        let byName = try #require(open(4, Ask(.tunnel, server.ask.server, by: Node(1))))
        #expect(byName.isNew && byName.socket.fd != inTunnel.socket.fd)
    }
}

extension Trait where Self == ConditionTrait {
    fileprivate static var asRoot: Self { .enabled(if: geteuid() == 0, "marking sockets needs root") }
}
