// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Synchronization
import Wire
import Workbench

/// A resolver, the world around it, and what it wanted done that no line has spoken of yet.
struct ScenarioRun {
    /// A question the resolver sent.
    struct Asked {
        let id: AskID
        let ask: Ask
        let transport: Transport
        let bytes: [UInt8]
        var isClosed = false
    }

    var now = Instant(milliseconds: 0)
    var snapshot = Snapshot(
        circumstances: Circumstances(
            setting: .standard, systemServers: [ServerAddress(.of("198.51.100.53"))], relayServers: [ServerAddress(.of("10.64.0.1"))]),
        caching: Caching(prefetches: false))
    var rules: [Rule] = []
    var grace: Int64 = 1_800_000
    var capacity = 1000
    var resolver: Resolver?

    /// Everything but closed sockets, in order, with the time it came.
    var effects: [(time: Instant, effect: Effect)] = []
    var asked: [Asked] = []
    var commits: [(id: CommitID, changes: [SetChange])] = []
    /// What watchers were told; lines may speak of it, and need not.
    var notes: [Note] = []
    var clients: [String: (client: Client, query: Query)] = [:]
    /// What a crowd was told, and how often; and names whose servers are silent: what is asked for below them is taken down nowhere.
    var crowd: [String: Int] = [:]
    var silent: [Name] = []
    private var askedInSilence: Set<AskID> = []

    /// Tokens of a crowd's clients begin here.
    static let firstOfCrowd: UInt64 = 1 << 32

    private final class Numbers: Sendable {
        let random = Mutex(SeededRandom(seed: 5452))
    }

    /// Does what a line says.
    mutating func perform(_ line: Fixture.Line) throws(ScenarioFailure) {
        let time = line.words.first?.hasPrefix("t=") == true
        var words = Words(line, dropping: time)
        if time {
            guard let moment = milliseconds(String(line.words[0].dropFirst(2))) else { throw ScenarioFailure(line, "no time") }
            try advance(to: Instant(milliseconds: moment), words)
        }
        guard !words.isEmpty else { return }
        if words.take("expect") { return try expect(&words) }
        guard effects.isEmpty else { throw words.failure("before this, and not expected: \(described(effects[0].effect))") }
        if try prepare(&words) {
            if resolver != nil { change { $0.adopt($1.snapshot, at: $1.now) } }
        } else {
            try happen(&words)
        }
        if !words.isEmpty { throw words.failure("not understood: \(words.rest.joined(separator: " "))") }
    }

    /// Lets time pass; what the resolver does by itself happens at its moment, and only the line of that moment may expect it.
    private mutating func advance(to moment: Instant, _ words: Words) throws(ScenarioFailure) {
        guard moment >= now else { throw words.failure("time goes back") }
        if moment > now, let first = effects.first { throw words.failure("before this, and not expected: \(described(first.effect))") }
        var ticks = 0
        while let due = resolver?.nextDeadline, due <= moment {
            ticks += 1
            guard ticks < 100 else { throw words.failure("the resolver is due again and again at \(due.milliseconds) ms") }
            now = max(now, due)
            change { $0.tick(at: $1.now) }
            if now < moment, let first = effects.first {
                throw words.failure("at \(now.milliseconds) ms, and not expected: \(described(first.effect))")
            }
        }
        now = moment
    }

    /// Something happens to the resolver; what it wants done is taken down.
    mutating func change(_ event: (inout Resolver, ScenarioRun) -> Void) {
        let numbers = Numbers()
        var resolver =
            self.resolver
            ?? Resolver(
                snapshot: snapshot, ledger: Ledger(bounds: Ledger.Bounds(perSet: capacity), grace: grace),
                hash: { seed in Array(seed.reversed().prefix(8)) }
            ) {
                numbers.random.withLock { UInt16.random(in: 0...(.max), using: &$0) }
            }
        event(&resolver, self)
        for effect in resolver.effects {
            switch effect {
            case .close(let id):
                guard askedInSilence.remove(id) == nil else { continue }
                guard let place = asked.lastIndex(where: { $0.id == id }), !asked[place].isClosed else { break }
                asked[place].isClosed = true
                continue
            case .ask(let id, let ask, let transport, let bytes):
                if isSilent(bytes) {
                    askedInSilence.insert(id)
                    continue
                }
                asked.append(Asked(id: id, ask: ask, transport: transport, bytes: bytes))
            case .commit(let id, let changes): commits.append((id, changes))
            case .note(let note):
                notes.append(note)
                continue
            case .reply(let client, let bytes, _) where client.token >= Self.firstOfCrowd:
                crowd[String(ReplyWords(bytes).forms("").last?.dropFirst("reply  ".count) ?? ""), default: 0] += 1
                continue
            case .reply: break
            }
            effects.append((now, effect))
        }
        resolver.effects = []
        self.resolver = resolver
    }

    private func isSilent(_ bytes: [UInt8]) -> Bool {
        if silent.isEmpty { return false }
        var reader = MessageReader(bytes.span, at: Header.size)
        guard let name = try? reader.name() else { return false }
        return silent.contains { name.isAtOrBelow($0) }
    }

    func finish(_ file: String) throws(ScenarioFailure) {
        if let first = effects.first { throw ScenarioFailure(file: file, "at the end, and not expected: \(described(first.effect))") }
        if !crowd.isEmpty { throw ScenarioFailure(file: file, "at the end, and not expected: crowd \(crowd)") }
        if resolver?.nextDeadline == nil, let open = asked.first(where: { !$0.isClosed }) {
            throw ScenarioFailure(file: file, "nothing is in flight, and a socket to \(open.ask.server) is open")
        }
    }
}
