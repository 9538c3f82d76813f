// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Wire
import Workbench

extension ScenarioRun {
    /// Lines in which something happens.
    mutating func happen(_ words: inout Words) throws(ScenarioFailure) {
        let event = try words.next()
        switch event {
        case "client": try client(&words)
        case "answer", "nodata", "nxdomain", "servfail", "refused", "formerr", "notimp", "badvers", "badcookie", "tc", "foreign":
            try packet(event, &words)
        case "flood", "crowd": try crowd(event, &words)
        case "lost":
            let asked = try recipient(&words)
            let said = words.take("saying") ? words.takeAll().joined(separator: " ") : nil
            let loss = said.map { Loss.troubled(ExtendedError(ExtendedError.networkError, $0)) } ?? .unreachable
            change { $0.lost(asked.id, loss, at: $1.now) }
        case "commit":
            guard !commits.isEmpty else { throw words.failure("nothing is to be committed") }
            let commit = commits.removeFirst()
            let fails = try words.next("ok or fails") { ["ok": false, "fails": true][$0] }
            let addresses = words.takeAll().map { IPAddress.of($0) }
            let refused = fails ? commit.changes.filter { addresses.isEmpty || addresses.contains($0.address) } : []
            change { resolver, _ in resolver.committed(commit.id, refused: refused) }
        case "start":
            snapshot.ahead = snapshot.matcher.exactNames(notIn: .empty)
            change { $0.tick(at: $1.now) }
        case "flush":
            let name = try words.next("name or all") { $0 == "all" ? .root : Name($0) }
            let count = try words.next("number") { Int($0) }
            var flushed = 0
            change { resolver, _ in flushed = resolver.flush(name) }
            guard flushed == count else { throw words.failure("instead: \(flushed)") }
        case "restart":
            let network = try words.next("here or elsewhere") { ["here": "home", "elsewhere": "café"][$0] }
            let count = try words.next("number") { Int($0) }
            let clock = ImageClock(now: now, wall: 1_800_000_000 + now.milliseconds / 1000, boot: [1])
            guard let image = resolver?.cacheImage(clock, network: "home") else { throw words.failure("nothing runs") }
            resolver = nil
            var restored = 0
            change { restored = (try? $0.restoreCache(image.span, clock, network: network, number: $1.snapshot.network)) ?? -1 }
            guard restored == count else { throw words.failure("instead: \(restored)") }
        case "expire": change { $0.expireLeases(at: $1.now) }
        case "flushed": change { $0.replayLeases(at: $1.now) }
        default: throw words.failure("'\(event)' is no event")
        }
    }

    /// `client A git.corp.example AAAA [tcp] [app=excluded] [noedns] [payload=512] [do] [cd]`
    private mutating func client(_ words: inout Words) throws(ScenarioFailure) {
        let label = try words.next()
        let name = try words.next("name") { Name($0) }
        let type = try words.next("type") { RecordType($0) }
        var message = Message.query(name, type)
        message.id = UInt16(truncatingIfNeeded: label.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
        var transport = Transport.udp
        var app = App.normal
        for word in words.takeAll() {
            switch word {
            case "tcp": transport = .tcp
            case "noedns": message.additionals = []
            case "do": message.additionals = [.opt(dnssecOK: true)]
            case "cd": message.flags |= 0x10
            case "ad": message.flags |= 0x20
            case "app=excluded": app = .excluded
            case "app=tunneled": app = .tunneled
            default:
                guard word.hasPrefix("payload="), let size = UInt16(word.dropFirst(8)) else {
                    throw words.failure("'\(word)' is no option")
                }
                message.additionals = [.opt(payload: size)]
            }
        }
        let bytes = message.bytes
        guard case .query(let query) = Received(bytes.span) else { throw words.failure("not a question") }
        let client = Client(token: UInt64(message.id), transport: transport, app: app)
        clients[label] = (client, query)
        var difference: String?
        change { resolver, run in difference = run.ask(&resolver, bytes, query, client) }
        if let difference { throw words.failure(difference) }
    }

    /// `flood 5000 silent.example`: as many clients, each with a name of its own below it, and nobody answers. `crowd 1000 www.example`: as many
    /// clients, the same name.
    private mutating func crowd(_ kind: String, _ words: inout Words) throws(ScenarioFailure) {
        let count = try words.next("number") { Int($0) }
        let name = try words.next("name") { Name($0) }
        if kind == "flood" { silent.append(name) }
        var questions: [Query] = []
        for number in 0..<count {
            let asked = kind == "flood" ? Name("n\(number).\(name)") ?? name : name
            questions.append(Query(asking: Question(name: asked, type: .a)))
        }
        change { resolver, run in
            for (number, question) in questions.enumerated() {
                resolver.receive(question, from: Client(token: Self.firstOfCrowd + UInt64(number), transport: .udp), at: run.now)
            }
        }
    }

    /// Asks as a listener does: what is ready first. Whatever story is told, a ready reply is the one that would be made now, byte for byte; and
    /// what is answered at once is asked again, so that there are ready replies in every story.
    /// - Returns: how they differ.
    private func ask(_ resolver: inout Resolver, _ packet: [UInt8], _ query: Query, _ client: Client) -> String? {
        var twin = resolver
        twin.receive(query, from: client, at: now)
        if let ready = ready(&resolver, packet, client) {
            guard case .reply(_, let made, _)? = twin.effects.first, twin.effects.count == 1, made == ready else {
                return "ready: \(ReplyWords(ready).forms("reply").last ?? "?"), but made anew: \(twin.effects.map(described))"
            }
            resolver.effects = twin.effects
            return nil
        }
        resolver = twin
        guard case .reply(_, let made, _)? = twin.effects.first, twin.effects.count == 1 else { return nil }
        twin.effects = []
        twin.receive(query, from: client, at: now)
        guard case .reply(_, let again, _)? = twin.effects.first, twin.effects.count == 1 else { return nil }
        guard again == made else { return "asked again, another reply: \(twin.effects.map(described))" }
        twin.effects = resolver.effects
        resolver = twin
        return nil
    }

    private func ready(_ resolver: inout Resolver, _ packet: [UInt8], _ client: Client) -> [UInt8]? {
        var room = [UInt8](repeating: 0xAA, count: 4096)
        var span = room.mutableSpan
        guard let size = resolver.reply(to: packet.span, from: client.app, client.transport, at: now, into: &span) else { return nil }
        return Array(room[..<size])
    }

    /// The question an event is about: `#N`, counted from 1 over the whole scenario, or the last one.
    func recipient(_ words: inout Words) throws(ScenarioFailure) -> Asked {
        guard let word = words.first, word.hasPrefix("#") else {
            guard let last = asked.last else { throw words.failure("nothing was asked") }
            return last
        }
        _ = try words.next()
        guard let number = Int(word.dropFirst()), asked.indices.contains(number - 1) else {
            throw words.failure("nothing was asked as \(word)")
        }
        return asked[number - 1]
    }
}
