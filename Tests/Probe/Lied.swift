// SPDX-License-Identifier: MIT
import Fuzz
import Wire
import Workbench

/// Asks what the liar is asked, through the daemon. Where only the id fits, the true answer comes; where the question fits too, nothing comes that the
/// liar did not give for this question.
struct Lied {
    private let mutants = Mutations(count: Liar.count).all
    private let sane = Sane()

    func run() {
        let client = Client()
        var open: [UInt16: Int] = [:]
        var counts = [0: 0, 2: 0, 3: 0]
        var truths = 0
        func take() {
            guard let reply = client.receive() else { Probe.fail("no answer to \(open.values.map(Liar.name)) in 2 s") }
            guard reply.count >= 29, let number = open.removeValue(forKey: UInt16(reply[0]) << 8 | UInt16(reply[1])) else {
                Probe.fail("a reply to nothing: \(reply)")
            }
            counts[Int(reply[3] & 15), default: 0] += 1
            truths += check(reply, number) ? 1 : 0
        }
        for number in 0..<2 * Liar.count {
            let id = UInt16(truncatingIfNeeded: number)
            open[id] = number
            client.send(Probe.question(Liar.name(number), id: id))
            while open.count >= 32 || client.hears(within: 0) { take() }
            if number % 200 == 199 {
                sane.ask("after \(number + 1) lies")
                // All that were asked until here are answered: one that is lost is not found by chance later.
                while !open.isEmpty { take() }
            }
        }
        while !open.isEmpty { take() }
        print(
            "ok \(2 * Liar.count) lies: \(truths) true answers, codes \(counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }); \(sane.summary)"
        )
    }

    /// Whether it is the truth.
    private func check(_ reply: [UInt8], _ number: Int) -> Bool {
        let question = Probe.question(Liar.name(number), id: UInt16(truncatingIfNeeded: number))
        guard case .query(let query) = Received(question.span) else { Probe.fail("no question") }
        let (mutant, truth) = (Liar.mutant(mutants, number, question), Liar.truth(number, question))
        do throws(Violation) {
            try Handed.judge(reply, to: query, isByUDP: true, given: number < Liar.count ? [truth] : [truth, mutant])
        } catch {
            Probe.fail("\(error); the mutant: \(mutant)")
        }
        let isTrue = reply[3] & 15 == 0 && reply.suffix(4) == Liar.address(number)[...]
        if number < Liar.count, !isTrue { Probe.fail("a reply to another question ended \(Liar.name(number)): \(reply) after \(mutant)") }
        return isTrue
    }
}
