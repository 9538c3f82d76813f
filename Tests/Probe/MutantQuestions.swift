// SPDX-License-Identifier: MIT
import CLinux
import Fuzz
import Glibc
import Upstreams
import Wire
import Workbench

/// 20,000 messages that are wrong in some way, sent to the daemon as questions. A sane question after every 200 is answered, and the time taken; no
/// reply is answered, and what is answered is right.
struct MutantQuestions {
    let byTCP: Bool
    private let mutants = Mutations(count: 20_000).all
    private let sane = Sane()

    init(byTCP: Bool) { self.byTCP = byTCP }

    func run() {
        var answered = 0
        var stream = byTCP ? Stream() : nil
        let client = Client()
        var connections = 1
        for (number, mutant) in mutants.enumerated() {
            let packet = packet(number, mutant)
            if var open = stream {
                // One after the other on the same connection, until the daemon has enough of it: each is answered, or ends it.
                if !open.send(packet) { Probe.fail("a new connection takes no question") }
                while let reply = open.next(within: Self.isAnswered(packet) ? 1000 : 0) {
                    answered += check(reply)
                    if reply.starts(with: packet.prefix(2)) { break }
                }
                if open.isOver(within: Self.isAnswered(packet) ? 0 : 1000) || number % 100 == 99 {
                    open.close()
                    open = Stream()
                    connections += 1
                }
                stream = open
            } else if packet.count <= 65_507 {
                client.send(packet)
                while client.hears(within: number % 20 == 19 ? 2 : 0), let reply = client.receive() { answered += check(reply) }
            }
            if number % 200 == 199 { sane.ask("after \(number + 1) mutants") }
        }
        stream?.close()
        while client.hears(within: 500), let reply = client.receive() { answered += check(reply) }
        print("ok \(mutants.count) mutants\(byTCP ? " on \(connections) connections" : ""), \(answered) answered; \(sane.summary)")
    }

    private func packet(_ number: Int, _ mutant: [UInt8]) -> [UInt8] {
        guard mutant.count > 2 else { return mutant }
        // Most are made from replies: every second one becomes a question.
        let flags = number % 2 == 0 ? mutant[2] : mutant[2] & 0x7F
        return [UInt8(number >> 8), UInt8(number & 255), flags] + mutant.dropFirst(3)
    }

    /// Whether the daemon says something to it at once, or a little later; what it says nothing to ends a connection.
    private static func isAnswered(_ packet: [UInt8]) -> Bool { Received(packet.span) != .ignored }

    /// The mutant a reply is to is known by its id.
    private func check(_ reply: [UInt8]) -> Int {
        guard reply.count >= 12, reply[2] >= 0x80 else { Probe.fail("no reply: \(reply)") }
        let number = Int(reply[0]) << 8 | Int(reply[1])
        guard number < mutants.count else { Probe.fail("a reply with an id that nobody sent: \(reply)") }
        let packet = packet(number, mutants[number])
        // By UDP so much is read of a question, and what is cut off is malformed, whatever it was.
        if !byTCP, packet.count > 4096 {
            if reply.count != 12 || reply[3] & 15 != 1 { Probe.fail("no FORMERR to a question of \(packet.count) bytes: \(reply)") }
            return 1
        }
        switch Received(packet.span) {
        case .ignored: Probe.fail("a reply to what is no question: \(reply) to \(packet)")
        case .reply: if reply.count > 600 { Probe.fail("\(reply.count) bytes for a question that is wrong: \(packet)") }
        case .query(let query):
            do throws(Violation) { try Handed.judge(reply, to: query, isByUDP: !byTCP) } catch { Probe.fail("\(error); to \(packet)") }
        }
        return 1
    }
}

/// A question that is always answered, and how long that took.
final class Sane {
    private let client = Client()
    private let question = Probe.question("sane.corp.example", id: 0xFFFF)
    private var waits: [Int] = []

    init() { _ = client.ask(question) }

    func ask(_ moment: String) {
        let sent = now()
        guard client.ask(question) != nil else { Probe.fail("no answer to a sane question \(moment)") }
        waits.append(now() - sent)
    }

    var summary: String { "\(waits.count) sane questions answered within \(waits.max() ?? 0) µs, slow \(waits.count { $0 > 100_000 })" }

    private func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
