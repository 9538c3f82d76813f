// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Upstreams
import Wire
import Workbench

/// An upstream that answers each question with a mutant and, right behind it, with the truth. Names are three digits and `.example`, so that a
/// mutant of `www.example` fits: below 20,000 only the mutant's id is made to fit, below 40,000 its question too.
struct Liar {
    static let count = 20_000
    private let mutants = Mutations(count: count).all
    private let datagrams: Int32
    private let listener: Int32

    init(at place: ServerAddress) {
        let address = SocketAddress(place.address, port: place.port)
        datagrams = socket(address.family, Int32(SOCK_DGRAM.rawValue), 0)
        listener = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        guard unsafe address.with({ unsafe bind(datagrams, $0, $1) }) == 0, unsafe address.with({ unsafe bind(listener, $0, $1) }) == 0,
            listen(listener, 128) == 0
        else { Probe.fail("cannot bind \(place)") }
    }

    /// Never ends.
    func serve() -> Never {
        print("ready")
        fflush(nil)
        var streams: [Int32] = []
        while true {
            var polled = ([datagrams, listener] + streams).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard unsafe poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            if polled[0].revents != 0 { answerDatagram() }
            if polled[1].revents != 0 { streams.append(accept(listener, nil, nil)) }
            for stream in polled.dropFirst(2) where stream.revents != 0 {
                if answerStream(stream.fd) { continue }
                close(stream.fd)
                streams.removeAll { $0 == stream.fd }
            }
        }
    }

    private func answerDatagram() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var from = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &from) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender in
                let count = unsafe buffer.withUnsafeMutableBytes {
                    unsafe recvfrom(datagrams, $0.baseAddress, $0.count, 0, sender, &length)
                }
                guard count > 0 else { return }
                for reply in replies(to: Array(buffer[..<count])) where reply.count <= 16_384 {
                    _ = unsafe reply.withUnsafeBytes { unsafe sendto(datagrams, $0.baseAddress, $0.count, 0, sender, length) }
                }
            }
        }
    }

    /// One question a read: nobody sends more here. False: the connection is over.
    private func answerStream(_ fd: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
        guard count > 2 else { return false }
        var bytes: [UInt8] = []
        let question = Array(buffer[2..<count])
        // By TCP every second mutant, since one that is wrong ends the attempt.
        for reply in replies(to: question).suffix(Self.number(question).map { $0 % 2 + 1 } ?? 1) {
            bytes += [UInt8(reply.count >> 8), UInt8(reply.count & 255)] + reply
        }
        return unsafe bytes.withUnsafeBytes { unsafe send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } >= 0
    }

    private func replies(to question: [UInt8]) -> [[UInt8]] {
        if let bomb = Self.bomb(question) { return bomb }
        if let number = Self.number(question) { return [Self.mutant(mutants, number, question), Self.truth(number, question)] }
        // Anything else is refused at once: the question without the OPT record at its end.
        guard question.count > 23 else { return [] }
        var refusal = Array(question.dropLast(11))
        refusal.replaceSubrange(2..<12, with: [0x81, 0x85, 0, 1, 0, 0, 0, 0, 0, 0])
        return [refusal]
    }

    /// From 40,000 on: TC, and by TCP, where only the last is sent, the worst messages there are, a hundred names for each.
    private static func bomb(_ question: [UInt8]) -> [[UInt8]]? {
        guard let number = digits(question), number >= 2 * count, number < 2 * count + 100 * bombs.count else { return nil }
        let cut = Array(question[0..<2]) + [0x83, 0x80, 0, 1, 0, 0, 0, 0, 0, 0] + question[12..<29]
        var bomb = bombs[(number - 2 * count) / 100]
        bomb.replaceSubrange(0..<2, with: question[0..<2])
        // The type stays as the bomb has it: it is asked for so.
        bomb.replaceSubrange(12..<25, with: question[12..<25])
        return [cut, bomb]
    }

    static let bombs = [
        Mutations.chainedPointers, Mutations.longOwners, Mutations.manyRecords(1, 1000), Mutations.manyRecords(5, 1000),
        Mutations.manyRecords(12, 1000), Mutations.manyRecords(1),
    ]

    /// The number in `NNN.example`; nil: this is another question.
    static func number(_ question: [UInt8]) -> Int? { digits(question).flatMap { $0 < 2 * count ? $0 : nil } }

    private static func digits(_ question: [UInt8]) -> Int? {
        guard question.count >= 29, question[12] == 3, question[16] == 7 else { return nil }
        return Int(String(decoding: question[13..<16], as: UTF8.self), radix: 36)
    }

    static func name(_ number: Int) -> String {
        let digits = String(number, radix: 36)
        return String(repeating: "0", count: 3 - digits.count) + digits + ".example"
    }

    static func mutant(_ mutants: [[UInt8]], _ number: Int, _ question: [UInt8]) -> [UInt8] {
        var mutant = mutants[number % count]
        if mutant.count >= 2 { mutant.replaceSubrange(0..<2, with: question[0..<2]) }
        if number >= count, mutant.count >= 29 { mutant.replaceSubrange(12..<29, with: question[12..<29]) }
        return mutant
    }

    static func truth(_ number: Int, _ question: [UInt8]) -> [UInt8] {
        var reply = Array(question[..<29])
        reply.replaceSubrange(2..<12, with: [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
        return reply + [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4] + address(number)
    }

    static func address(_ number: Int) -> [UInt8] { [11, UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)] }
}
