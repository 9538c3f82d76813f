// SPDX-License-Identifier: MIT
import Policy
import Tunnels
import Wire
import Workbench

/// A story of nodes with a fake clock, as Fixtures/health/README.md tells.
struct HealthScenario {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private var settings = (interval: Int64(1000), latency: Int64(200), failures: 3)
    private var mode = NodeChoice.Mode.order
    private var nodes: [NodeWorld] = []
    private var choice = NodeChoice(.order, interval: 1000)
    private var time: Int64 = 0
    private var changes = 0
    private var asleepUntil: Int64 = 0
    private var random = SeededRandom(seed: 6)
    /// Conditions that nodes had since they were last asked about.
    private var seen: Set<NodeHealth.Condition> = []
    private let start = Instant(milliseconds: 5_000_000)

    mutating func run(_ path: String) throws(Failure) {
        for line in Fixture.lines(path) {
            do throws(Failure) { try read(line.words[...]) } catch { throw Failure(description: "\(line)\n    \(error)") }
        }
    }

    private mutating func read(_ line: ArraySlice<String>) throws(Failure) {
        var words = line
        if let first = words.first, first.hasPrefix("t=") {
            words.removeFirst()
            try pass(until: Self.milliseconds(String(first.dropFirst(2))))
        }
        guard let word = words.popFirst() else { throw Failure(description: "nothing happens") }
        switch word {
        case "interval": settings.interval = try Self.milliseconds(words.popFirst())
        case "latency": settings.latency = try Self.milliseconds(words.popFirst())
        case "failures": settings.failures = try Self.number(words.popFirst())
        case "select": mode = words.popFirst() == "latency" ? .latency : .order
        case "seed": random = SeededRandom(seed: UInt64(try Self.number(words.popFirst())))
        case "nodes":
            let all = NodeHealth.Settings(interval: settings.interval, latency: settings.latency, failures: settings.failures)
            nodes = (0..<(try Self.number(words.popFirst()))).map { _ in NodeWorld(all, start: start) }
            choice = NodeChoice(mode, interval: settings.interval)
        case "asleep": asleepUntil = time + (try Self.milliseconds(words.popFirst()))
        case "expect": try expect(words)
        case "quiet": (seen, changes) = ([], 0)
        default:
            guard let number = Int(word), nodes.indices.contains(number - 1) else { throw Failure(description: "'\(word)' is no event") }
            try happen(number - 1, words)
        }
    }

    private mutating func happen(_ node: Int, _ line: ArraySlice<String>) throws(Failure) {
        var words = line
        while let word = words.popFirst() {
            switch word {
            case "rtt": nodes[node].roundTrip = try Self.milliseconds(words.popFirst())
            case "jitter": nodes[node].jitter = try Self.milliseconds(words.popFirst())
            case "loss": nodes[node].loss = try Self.number(words.popFirst()?.replacing("%", with: ""))
            case "cut": nodes[node].roundTrip = nil
            case "resolver":
                guard let resolver = words.popFirst().flatMap(NodeWorld.Resolver.init) else { throw Failure(description: "what resolver?") }
                nodes[node].resolver = resolver
            case "traffic":
                nodes[node].isAnswered = words.first != "unanswered"
                if !nodes[node].isAnswered { words.removeFirst() }
                nodes[node].traffic = words.first == "off" ? nil : try Self.milliseconds(words.first)
                words.removeFirst()
            case "handshake": nodes[node].health.heard(at: start + time)
            case "measure": nodes[node].health.measure(try Self.number(words.popFirst()), at: start + time)
            case "trace":
                guard let file = words.popFirst() else { throw Failure(description: "which trace?") }
                nodes[node].trace = Fixture.lines("health/" + file).map { $0.words.last.flatMap { Int64($0) } }[...]
            default: throw Failure(description: "'\(word)' happens to no node")
            }
        }
    }

    private mutating func expect(_ line: ArraySlice<String>) throws(Failure) {
        var words = Array(line)
        var limit: Int64 = 0
        if let place = words.firstIndex(of: "within") {
            limit = try Self.milliseconds(words.dropFirst(place + 1).first)
            words.removeSubrange(place...)
        }
        let began = time
        while true {
            let found = try found(words)
            if found == nil { return }
            guard time - began < limit else { throw Failure(description: "at \(time) ms: \(found ?? "")") }
            step()
        }
    }

    /// Nil when it is as the words say, else what it is.
    private mutating func found(_ words: [String]) throws(Failure) -> String? {
        func number(_ place: Int) throws(Failure) -> Int { try Self.number(words.dropFirst(place).first) }
        switch words.first {
        case "use":
            let inUse = choice.inUse.map { $0 + 1 } ?? 0
            return inUse == (try number(1)) ? nil : "in use is \(inUse)"
        case "reason":
            let text = words.dropFirst().joined(separator: " ")
            return choice.reason.rawValue == text ? nil : "the reason is '\(choice.reason.rawValue)'"
        case "changes": return changes == (try number(1)) ? nil : "\(changes) changes"
        case "never":
            let wrong = seen.filter { words.dropFirst().contains($0.rawValue) }
            return wrong.isEmpty ? nil : "it was \(wrong.map(\.rawValue).sorted())"
        case let node?:
            guard let index = Int(node).map({ $0 - 1 }), nodes.indices.contains(index) else {
                throw Failure(description: "what is expected?")
            }
            let health = nodes[index].health
            switch words.dropFirst().first {
            case "probes":
                let range = (try number(2))...(try number(3))
                return range.contains(nodes[index].probes) ? nil : "\(nodes[index].probes) probes"
            case "latency":
                let range = (try Self.milliseconds(words[2]) * 1000)...(try Self.milliseconds(words[3]) * 1000)
                return health.latency.map(range.contains) == true ? nil : "latency \(health.latency ?? -1)"
            case "p99":
                let range = (try Self.milliseconds(words[2]) * 1000)...(try Self.milliseconds(words[3]) * 1000)
                return health.trips.p99.map(range.contains) == true ? nil : "p99 \(health.trips.p99 ?? -1)"
            case "loss":
                let range = (try number(2))...(try number(3))
                return health.trips.loss.map { range.contains(Int(($0 * 100).rounded())) } == true ? nil : "loss \(health.trips.loss ?? -1)"
            case "steady": return health.steadySince != nil ? nil : "not steady"
            case "unsteady": return health.steadySince == nil ? nil : "steady"
            case "tunnel": return nodes[index].machine.state.rawValue == words.last ? nil : "\(nodes[index].machine.state)"
            case let condition?:
                guard let condition = NodeHealth.Condition(rawValue: condition) else {
                    throw Failure(description: "'\(condition)' is nothing")
                }
                return health.condition == condition ? nil : "it is \(health.condition.rawValue)"
            case nil: throw Failure(description: "what of node \(node)?")
            }
        case nil: throw Failure(description: "what is expected?")
        }
    }

    private mutating func pass(until end: Int64) throws(Failure) {
        guard end >= time else { throw Failure(description: "time goes on: it is \(time) ms") }
        while time < end { step() }
    }

    private mutating func step() {
        time += 1
        var isNews = false
        for index in nodes.indices where nodes[index].next <= time {
            nodes[index].pass(time, isAwake: time >= asleepUntil, &random)
            seen.insert(nodes[index].health.condition)
            isNews = true
        }
        isNews = isNews || choice.due.map { $0 <= start + time } == true
        if isNews, time >= asleepUntil, choice.choose(among: nodes.map(\.node), at: start + time) { changes += 1 }
    }

    private static func number(_ word: String?) throws(Failure) -> Int {
        guard let word, let number = Int(word) else { throw Failure(description: "'\(word ?? "")' is no number") }
        return number
    }

    /// `800ms`, `1.5s`, `30m`.
    private static func milliseconds(_ word: String?) throws(Failure) -> Int64 {
        for (unit, factor) in [("ms", 1.0), ("s", 1000), ("m", 60_000)] {
            if let word, word.hasSuffix(unit), let number = Double(word.dropLast(unit.count)) { return Int64(number * factor) }
        }
        throw Failure(description: "'\(word ?? "")' is no time")
    }
}
