// SPDX-License-Identifier: MIT
import DequeModule
import Policy
import Rules
import Wire

/// Questions of our own about names that rules name exactly, so that their addresses are steered before anybody asks: a client may have them already.
struct LookAhead {
    /// In flight at once, milliseconds from one to the next, and names in all for each change of rules: no flood, however long a list.
    static let mostInFlight = 8
    static let interval: Int64 = 50
    package static let mostNames = 256

    /// To be asked.
    var waiting: Deque<Question> = []
    /// To be asked when the world is another: their way is closed.
    var closed: [Question] = []
    var inFlight = 0
    var next = Instant(milliseconds: 0)

    mutating func add(_ names: [Name]) {
        waiting = Deque(names.prefix(Self.mostNames).flatMap { name in [.a, .aaaa].map { Question(name: name, type: $0) } })
        closed = []
    }

    /// When there is something to do.
    var due: Instant? { waiting.isEmpty || inFlight >= Self.mostInFlight ? nil : next }
}

extension Resolver {
    /// Asks what is next to be looked up ahead.
    mutating func lookAhead(at now: Instant) {
        while let due = ahead.due, due <= now, let question = ahead.waiting.popFirst() {
            let decision = decide(question, app: .normal)
            switch decision.outcome {
            case .ask(_, let asks):
                guard decision.rule?.action.route != nil, !asks.isEmpty else { continue }
                ahead.next = now + LookAhead.interval
                let query = Query(asking: question)
                let key = key(query, asks)
                if let found = cache.find(key, at: now, rules: nil), !found.isStale(at: now) {
                    learn(found.answer, .cache(found.ask), age: now.seconds(since: found.came), query, at: now)
                } else if flights.number(of: key) == nil {
                    ahead.inFlight += 1
                    fly(query, for: .ahead, decision, asks, key, at: now)
                }
            case .refuse: ahead.closed.append(question)
            case .block, .local: break
            }
        }
    }

    /// The world is another: what was closed may be open.
    mutating func retryAhead() {
        ahead.waiting.append(contentsOf: ahead.closed)
        ahead.closed = []
    }
}

extension Matcher {
    /// Names for `Snapshot.ahead`: those of rules for exactly one name, where `former` did otherwise with it. Blocked names have no addresses.
    package func exactNames(notIn former: Matcher) -> [Name] {
        var names: [Name] = []
        forEachExactName { name, ruling in
            if ruling.action != .block, former.match(name)?.treatment != ruling.treatment { names.append(name) }
            return names.count < LookAhead.mostNames
        }
        return names
    }
}
