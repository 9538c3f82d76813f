// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Steering
import Wire

/// Cached answers, one after the other, in a resolver without sockets: to be counted by valgrind, in instructions and allocations, between one
/// count of questions and another (Packaging/bench/count).
struct CachedAnswers {
    private static let names = 1000
    private var resolver = Resolver(
        snapshot: Snapshot(circumstances: Circumstances(systemServers: [ServerAddress(.v4(0xC633_6435))])), ledger: Ledger(grace: 0)
    ) { 4711 }
    private let now = Instant(milliseconds: 1000)
    private var questions: [[UInt8]] = []

    init() {
        for number in 0..<Self.names {
            guard let name = Name("host\(number).www.example") else { continue }
            let question = Query(asking: Question(name: name, type: .a)).upstream(id: UInt16(number))
            questions.append(question)
        }
        // Asked and answered, found in the cache, and from then on ready, as soon as there is room for all.
        for _ in 0..<8 { for question in questions where run(question) == nil { take(question) } }
        // Chance puts too many into one place now and then, and one of them is ready by turns.
        questions = questions.filter { run($0) != nil }
    }

    private mutating func take(_ question: [UInt8]) { _ = resolver.answer(question, at: now) }

    private mutating func run(_ question: [UInt8]) -> Int? {
        var room = [UInt8](repeating: 0, count: 1232)
        var span = room.mutableSpan
        return resolver.reply(to: question.span, from: .normal, .udp, at: now, into: &span)
    }

    /// - Returns: how many were answered.
    mutating func run(_ count: Int) -> Int {
        var room = [UInt8](repeating: 0, count: 1232)
        var span = room.mutableSpan
        var answered = 0
        var next = 0
        for _ in 0..<count {
            let question = questions[next]
            if resolver.reply(to: question.span, from: .normal, .udp, at: now, into: &span) != nil { answered += 1 }
            next = next + 1 == questions.count ? 0 : next + 1
        }
        return answered
    }
}
