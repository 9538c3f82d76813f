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
        // Resolvers spell as they like.
        label.first.map { $0 | 0x20 } == UInt8(ascii: "n") ? UInt32(String(decoding: label.dropFirst(), as: UTF8.self)) ?? 0 : 0
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

    /// Asks `count` names from `nFIRST.suffix` on, `open` at a time: when the last of them is answered the next are asked. The answers must be
    /// those of `serve`.
    static func ask(_ server: ServerAddress, _ suffix: String, first: Int, count: Int, open: Int) {
        let client = Client(server)
        var number = first
        while number < first + count {
            let round = number..<min(number + max(open, 1), first + count)
            for number in round { client.send(Probe.question("n\(number).\(suffix)", id: UInt16(truncatingIfNeeded: number))) }
            var left = Set(round)
            while !left.isEmpty {
                guard let reply = client.receive(), reply.count > 12 else { Probe.fail("no answer for n\(left.min() ?? number).\(suffix)") }
                let id = Int(reply[0]) << 8 | Int(reply[1])
                guard let answered = left.first(where: { $0 & 0xFFFF == id }) else { continue }
                guard reply.dropFirst(12).firstRange(of: Self.address(UInt32(truncatingIfNeeded: answered)).bytes) != nil else {
                    Probe.fail("n\(answered).\(suffix): rcode \(reply[3] & 15), not the address asked for")
                }
                left.remove(answered)
            }
            number = round.upperBound
        }
        print("ok \(count) answers")
    }
}
