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
        case "answer", "nodata", "nxdomain", "servfail", "refused", "formerr", "badcookie", "tc", "foreign": try packet(event, &words)
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
    private func recipient(_ words: inout Words) throws(ScenarioFailure) -> Asked {
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

    private mutating func packet(_ kind: String, _ words: inout Words) throws(ScenarioFailure) {
        let asked = try recipient(&words)
        var reader = MessageReader(asked.bytes.span)
        guard let header = try? reader.header(), let question = try? reader.question() else {
            throw words.failure("what was asked is no question")
        }
        var message = Message(question.name, question.type)
        message.id = header.id
        // The client's part of a cookie comes back, with a server's of its own behind it.
        let cookie =
            ReplyWords(asked.bytes).cookie.prefix(8)
            + (kind == "badcookie" || kind != "foreign" && words.take("cookie") ? Array("sluicing".utf8) : [])
        message.additionals = words.take("noedns") ? [] : [.opt(options: cookie.count > 8 ? [0, 10, 0, UInt8(cookie.count)] + cookie : [])]
        var spelled = true
        switch kind {
        case "answer": message.answers = try records(of: question, &words)
        case "nodata", "nxdomain":
            if kind == "nxdomain" { message.flags |= 3 }
            if words.take("cname") { message.answers = [.cname(question.name, try words.next("name") { Name($0) })] }
            if words.take("soa") {
                let seconds = try words.next("number") { UInt32($0) }
                message.authorities = [.soa(question.name.parent, ttl: seconds, minimum: seconds)]
            }
        case "servfail":
            message.flags |= 2
            if words.take("ede") {
                let code = try words.next("number") { UInt8($0) }
                message.additionals = [.opt(options: [0, 15, 0, 2, 0, code])]
            }
        case "refused": message.flags |= 5
        case "formerr":
            message.flags |= 1
            message.additionals = []
            if words.take("bare") { message.questions = [] }
        case "badcookie":
            message.flags |= 7
            message.additionals = [.opt(code: 1, options: [0, 10, 0, UInt8(cookie.count)] + cookie)]
        case "tc": message.flags |= 0x0200
        default:
            message.answers = [.address(question.name, .of("198.51.100.66"))]
            switch try words.next() {
            case "id": message.id = header.id ^ 1
            case "question": message.questions = [Question(name: .of("other.example"), type: question.type)]
            case "noise": message.flags = 0
            case "spelling": spelled = false
            case "cookie": message.additionals = [.opt(options: [0, 10, 0, 16] + Array("whoever whatever".utf8))]
            default: throw words.failure("foreign id, question, noise, spelling or cookie")
            }
        }
        var bytes = message.bytes
        if message.questions == [question] {
            // As it was spelled, or with every letter the other way round.
            for index in Header.size..<Header.size + question.name.count {
                let isLetter = (asked.bytes[index] | 0x20) &- 97 < 26
                bytes[index] = asked.bytes[index] ^ (isLetter && !spelled ? 0x20 : 0)
            }
        }
        change { $0.reply(to: asked.id, bytes.span, at: $1.now) }
    }

    /// `cname NAME`, `dname FROM TO`, `service NAME`, `alias NAME`, `malformed`, `compressed ADDRESS`, `192.0.2.7`, `hint ADDRESS`, `ptr NAME`, `txt WORD`, `many N`, `stray NAME ADDRESS`, `nonsense`; `ttl N` for those before it.
    private func records(of question: Question, _ words: inout Words) throws(ScenarioFailure) -> [Message.Record] {
        var records: [Message.Record] = []
        var owner = question.name
        var timed = 0
        while !words.isEmpty {
            let word = try words.next()
            switch word {
            case "cname":
                let target = try words.next("name") { Name($0) }
                records.append(.cname(owner, target))
                owner = target
            case "hint": records.append(.https(owner, hints: [try words.next("address") { IPAddress($0) }]))
            case "service", "alias":
                let target = try words.next("name") { Name($0) }
                records.append(.https(owner, priority: word == "alias" ? 0 : 1, target: target, hints: []))
            case "malformed":
                var record = Message.Record.https(owner, hints: [])
                record.data = [.bytes([0, 1, 0, 0, 4, 0, 4, 192, 0, 2, 9, 0, 1, 0, 3, 2, 104, 50])]
                records.append(record)
            case "compressed":
                var record = Message.Record.https(owner, hints: [])
                let hint = try words.next("IPv4 address") { IPAddress($0) }
                // The question's name, by a pointer to byte 12.
                record.data = [.bytes([0, 1, 0xC0, 12, 0, 4, 0, 4] + hint.bytes)]
                records.append(record)
            case "dname":
                let from = try words.next("name") { Name($0) }
                let to = try words.next("name") { Name($0) }
                records.append(.dname(from, to))
                owner = owner.replacing(suffix: from, with: to) ?? owner
            case "ptr": records.append(.ptr(owner, try words.next("name") { Name($0) }))
            case "txt": records.append(.txt(owner, try words.next()))
            case "many":
                for number in 0..<(try words.next("number") { UInt32($0) }) { records.append(.address(owner, .v4(0xCB00_7100 + number))) }
            case "stray": records.append(.address(try words.next("name") { Name($0) }, try words.next("address") { IPAddress($0) }))
            case "nonsense":
                var record = Message.Record.address(owner, .of("192.0.2.7"))
                record.data = [.bytes([1])]
                records.append(record)
            case "ttl":
                let seconds = try words.next("number") { UInt32($0) }
                for index in timed..<records.count { records[index].ttl = seconds }
                timed = records.count
            default:
                guard let address = IPAddress(word) else { throw words.failure("'\(word)' is no record") }
                records.append(.address(owner, address))
            }
        }
        return records
    }
}
