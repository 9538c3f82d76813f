// SPDX-License-Identifier: MIT
import Workbench

/// The messages that cost the daemon most, some of a kind: a script looks at what they cost it.
enum Heavy {
    /// - Parameter kind: 0 to 5: replies, see `Liar.bombs`; 6: a question with 16,000 empty options; 7: with cookies, as many as fit.
    static func send(_ kind: Int, count: Int) {
        var stream = Stream()
        for number in 0..<count {
            var question: [UInt8]
            if kind < Liar.bombs.count {
                question = Probe.question(Liar.name(2 * Liar.count + 100 * kind + number % 100), id: UInt16(number))
                question.replaceSubrange(25..<27, with: Liar.bombs[kind][25..<27])
            } else {
                question = kind == 6 ? Mutations.options(0, size: 0, count: 16_000) : Mutations.options(10, size: 8, count: 16_000)
            }
            guard stream.send(question), let reply = stream.next(within: 5000) else { Probe.fail("no answer to \(number) of kind \(kind)") }
            if number == 0 { print("# \(reply.count) bytes, code \(reply[3] & 15)") }
        }
        stream.close()
        print("ok")
    }
}
