// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Upstreams
import Wire

/// The two ends of a measurement: a server that is never the limit, and a client that asks one new name after the other.
enum Bench {
    /// Answers every question for `nNUMBER.…` with the address 198.18.0.0 + NUMBER, of any other with 198.18.0.0, and TTL 300. Never ends.
    static func serve(at place: ServerAddress) -> Never {
        let address = SocketAddress(place.address, port: place.port)
        let fd = socket(address.family, Int32(SOCK_DGRAM.rawValue), 0)
        guard unsafe address.with({ unsafe bind(fd, $0, $1) }) == 0 else { Probe.fail("cannot bind \(place)") }
        print("ready")
        fflush(nil)
        var buffer = [UInt8](repeating: 0, count: 4096)
        var from = sockaddr_storage()
        while true {
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            unsafe withUnsafeMutablePointer(to: &from) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender in
                    let count = unsafe buffer.withUnsafeMutableBytes { unsafe recvfrom(fd, $0.baseAddress, $0.count, 0, sender, &length) }
                    guard count >= 12, let reply = answer(buffer[..<count]) else { return }
                    _ = unsafe reply.withUnsafeBytes { unsafe sendto(fd, $0.baseAddress, $0.count, 0, sender, length) }
                }
            }
        }
    }

    /// The answer to a question of one label or more; nil for what is none.
    private static func answer(_ packet: ArraySlice<UInt8>) -> [UInt8]? {
        var end = 12
        while end < packet.count, packet[end] != 0, packet[end] < 64 { end += Int(packet[end]) + 1 }
        guard end > 12, end + 5 <= packet.count, packet[end] == 0 else { return nil }
        let label = packet[13..<13 + Int(packet[12])]
        let isA = packet[end + 1] == 0 && packet[end + 2] == 1
        // The question as it was asked; response, recursion available; no EDNS.
        var reply = Array(packet[..<(end + 5)])
        reply.replaceSubrange(2..<12, with: [0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0])
        guard isA else { return reply }
        return reply + [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4] + Self.address(number(of: label)).bytes
    }

    private static func number(of label: ArraySlice<UInt8>) -> UInt32 {
        label.first == UInt8(ascii: "n") ? UInt32(String(decoding: label.dropFirst(), as: UTF8.self)) ?? 0 : 0
    }

    private static func address(_ number: UInt32) -> IPAddress { .v4((198 << 24 | 18 << 16) &+ number) }

    /// Asks for one name, whose answer is in the cache or here, again and again for so long: `ok COUNT answers: LONGEST MEDIAN` in microseconds.
    static func wait(_ server: ServerAddress, milliseconds: Int) {
        let client = Client(server)
        let packet = Probe.question("localhost", id: 7)
        var waits: [Int] = []
        let start = now()
        while now() - start < milliseconds * 1000 {
            let sent = now()
            guard client.ask(packet) != nil else { Probe.fail("no answer in 2 s") }
            waits.append(now() - sent)
            usleep(200)
        }
        waits.sort()
        print("ok \(waits.count) answers: \(waits.last ?? 0) \(waits[waits.count / 2])")
    }

    /// In microseconds, of a clock that nobody sets.
    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    /// Asks `count` names from `nFIRST.suffix` on, each when the one before it is answered; the answers must be those of `serve`.
    static func ask(_ server: ServerAddress, _ suffix: String, first: Int, count: Int) {
        let address = SocketAddress(server.address, port: server.port)
        let fd = socket(address.family, Int32(SOCK_DGRAM.rawValue), 0)
        guard unsafe address.with({ unsafe connect(fd, $0, $1) }) == 0 else { Probe.fail("no socket") }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 4096)
        for number in first..<first + count {
            let id = UInt16(truncatingIfNeeded: number)
            let packet = Probe.question("n\(number).\(suffix)", id: id)
            _ = unsafe packet.withUnsafeBytes { unsafe send(fd, $0.baseAddress, $0.count, 0) }
            let length = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
            guard length > packet.count, buffer[0] == UInt8(id >> 8), buffer[1] == UInt8(truncatingIfNeeded: id) else {
                Probe.fail("no answer for n\(number).\(suffix)")
            }
            let wanted = Self.address(UInt32(truncatingIfNeeded: number)).bytes
            guard buffer[packet.count..<length].firstRange(of: wanted) != nil else {
                Probe.fail("n\(number).\(suffix): rcode \(buffer[3] & 15), not the address asked for")
            }
        }
        print("ok \(count) answers")
    }
}
