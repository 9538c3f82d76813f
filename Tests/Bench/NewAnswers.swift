// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Steering
import Wire

/// Names nobody asked before, one after the other, in a resolver without sockets: to be counted as `CachedAnswers` is.
struct NewAnswers {
    private var resolver = Resolver(
        snapshot: Snapshot(circumstances: Circumstances(systemServers: [ServerAddress(.v4(0xC633_6435))])), ledger: Ledger(grace: 0)
    ) { 4711 }

    /// - Returns: how many were answered.
    mutating func run(_ count: Int) -> Int {
        // "m" and eight digits: the same length for each.
        var question = Query(asking: Question(name: Name("m00000000.new.example")!, type: .a)).upstream(id: 7)
        var answered = 0
        for number in 0..<count {
            for digit in 0..<8 { question[14 + digit] = UInt8(ascii: "a") + UInt8(number >> (4 * digit) & 15) }
            if resolver.answer(question, at: Instant(milliseconds: 1000 + Int64(number) / 30)) { answered += 1 }
        }
        return answered
    }
}

extension Resolver {
    /// A question in a datagram, and what an upstream says to it: one address.
    /// - Returns: whether a client was answered.
    mutating func answer(_ question: [UInt8], at now: Instant) -> Bool {
        var room = [UInt8](repeating: 0, count: 1232)
        var span = room.mutableSpan
        if reply(to: question.span, from: .normal, .udp, at: now, into: &span) != nil { return true }
        guard case .query(let query) = Received(question.span) else { return false }
        receive(query, from: Client(token: 0, transport: .udp), at: now)
        var isAnswered = false
        while let effect = effects.first {
            effects.removeFirst()
            switch effect {
            case .ask(let ask, _, _, let sent):
                var packet = sent
                packet[2] |= 0x80
                packet[7] = 1
                // An address behind the question, and the OPT record behind it.
                let opt = Array(packet[(12 + query.rawQuestion.count)...])
                packet.removeLast(opt.count)
                packet += [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 51, 100, 80] + opt
                reply(to: ask, packet.span, at: now)
            case .reply: isAnswered = true
            case .close, .commit, .note: break
            }
        }
        return isAnswered
    }
}
