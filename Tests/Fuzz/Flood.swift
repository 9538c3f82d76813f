// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Rules
import Steering
import Wire

/// A whole resolver with a question in flight, and packets that come for it, one after the other.
struct Flood {
    private var resolver: Resolver
    private let now = Instant(milliseconds: 1_000_000)
    private let choice: Choice
    private var clients: [UInt64: (query: Query, transport: Transport, replies: Int)] = [:]
    private var asked: (id: AskID, transport: Transport, bytes: [UInt8])?
    /// What replies that fit the question gave on its chain, as bytes.
    private var given: Set<[UInt8]> = []
    /// The reply given last.
    private var last: [UInt8] = []
    /// What is in the kernel's sets.
    private var steered: Set<[UInt8]> = []
    private var isKernelDeaf: Bool { choice.flags & 32 != 0 }

    /// What the first two bytes of an input say.
    struct Choice {
        /// Bits 0...2: the type asked for; bits 3 and 4: which rule the name has.
        let question: UInt8
        /// 1: no EDNS; 2: by TCP; 4: DO; 8: the ids of packets stay as they are; 16: their questions do; 32: the kernel takes nothing;
        /// 64: a small payload; 128: TCP questions are answered too.
        let flags: UInt8

        static let names = ["www.example", "git.example", "dir.example", "lan.example"]
        static let types: [RecordType] = [.a, .aaaa, .https, .svcb, .ptr, .cname, .txt, .mx]

        var name: Name { Name(Self.names[Int(question >> 3 & 3)]) ?? .root }
        var hasRule: Bool { question >> 3 & 3 != 0 }
        var type: RecordType { Self.types[Int(question & 7)] }
    }

    /// Two bytes of `Choice`, then packets, each behind its length of two bytes.
    static func run(_ bytes: [UInt8]) throws(Violation) {
        guard bytes.count > 2 else { return }
        var flood = Flood(Choice(question: bytes[0], flags: bytes[1]))
        try flood.ask(token: 1, id: 0x1111)
        try flood.ask(token: 2, id: 0x2222)
        var place = 2
        while place + 2 <= bytes.count {
            let start = place + 2
            place = min(bytes.count, start + PlainMessage.number(bytes, place, 2))
            try flood.deliver(Array(bytes[start..<place]))
        }
        try flood.finish()
    }

    static let snapshot: Snapshot = {
        let rules = "tunnel git.example\ndirect dir.example\nlan lan.example via 192.168.77.1\nblock bad.example\n"
        var snapshot = Snapshot(
            circumstances: Circumstances(
                setting: .system, state: .connected, systemServers: [ServerAddress(.v4(0xC633_6435))],
                relayServers: [ServerAddress(.v4(0x0A40_0001))], tunnelInUse: "office"),
            matcher: Matcher(RuleParser.read(Array(rules.utf8), file: "fuzz").rules), rulesRevision: 1)
        snapshot.steeringGuard.ours = [.v4(0xC0A8_4D0A)]
        return snapshot
    }()

    private init(_ choice: Choice) {
        self.choice = choice
        resolver = Resolver(
            snapshot: Self.snapshot, ledger: Ledger(bounds: Ledger.Bounds(perSet: 64), grace: 60_000), hash: { _ in Array("cookies!".utf8) }
        ) { 0x4242 }
    }

    private mutating func ask(token: UInt64, id: UInt16) throws(Violation) {
        let whole = Query(asking: Question(name: choice.name, type: choice.type))
        let edns =
            choice.flags & 1 != 0 ? nil : EDNS(payloadSize: choice.flags & 64 != 0 ? 512 : 4096, dnssecOK: choice.flags & 4 != 0)
        var raw = whole.rawQuestion
        // As a client may spell it.
        if token == 2 { raw[1] ^= 0x20 }
        let query = Query(id: id, flags: .recursionDesired, question: whole.question, rawQuestion: raw, edns: edns)
        let transport: Transport = choice.flags & 2 != 0 ? .tcp : .udp
        clients[token] = (query, transport, 0)
        resolver.receive(query, from: Client(token: token, transport: transport), at: now)
        try carryOut()
    }

    /// A packet comes on the socket that was opened last.
    private mutating func deliver(_ packet: [UInt8]) throws(Violation) {
        guard let asked else { return }
        var packet = packet
        if packet.count >= 2, choice.flags & 8 == 0 { packet.replaceSubrange(0..<2, with: asked.bytes[0..<2]) }
        let question = 12..<12 + 17
        if packet.count >= question.upperBound, choice.flags & 16 == 0 {
            packet.replaceSubrange(question, with: asked.bytes[question])
        }
        let fits = Self.fits(packet, asked.bytes)
        if fits, let plain = PlainMessage(packet) { given.formUnion(plain.addresses) }
        let before = clients.values.map(\.replies).reduce(0, +)
        resolver.reply(to: asked.id, packet.span, at: now)
        // A header alone may say that the server did not understand the question.
        if !fits, packet.count > 12, asked.transport == .udp {
            // But that the question goes by TCP as well.
            let isMore = resolver.effects.allSatisfy { effect in
                if case .ask(_, _, .tcp, _) = effect { true } else { false }
            }
            try claim(isMore, "a reply to another question does something")
        }
        try carryOut()
        // By TCP what does not fit ends the attempt: SERVFAIL, and nothing of it.
        if !fits, before < clients.values.map(\.replies).reduce(0, +) {
            try claim(steered.isEmpty && resolver.cachedAnswers == 0, "a reply to another question is kept")
        }
    }

    /// Whether this is the reply of whoever was asked, as RFC 5452 section 9.1 has it.
    private static func fits(_ packet: [UInt8], _ asked: [UInt8]) -> Bool {
        guard let one = PlainMessage(packet, questionsOnly: true), let other = PlainMessage(asked, questionsOnly: true) else {
            return false
        }
        return one.id == other.id && one.flags & 0xF800 == 0x8000 && one.questions.count == 1
            && one.questions[0] == other.questions[0]
    }

    private mutating func carryOut() throws(Violation) {
        while !resolver.effects.isEmpty {
            let effects = resolver.effects
            resolver.effects = []
            for effect in effects {
                switch effect {
                case .reply(let client, let bytes, let source): try take(bytes, client.token, source)
                case .ask(let id, _, let transport, let bytes): asked = (id, transport, bytes)
                case .commit(let id, let changes): try commit(id, changes)
                case .close(let id): if asked?.id == id { asked = nil }
                case .note: break
                }
            }
        }
    }

    private mutating func commit(_ id: CommitID, _ changes: [SetChange]) throws(Violation) {
        for change in changes {
            switch change.change {
            case .add:
                try claim(given.contains(change.address.bytes), "\(change.address) is steered, and no reply has it on its chain")
                if !isKernelDeaf { steered.insert(change.address.bytes) }
            case .remove: steered.remove(change.address.bytes)
            }
        }
        resolver.committed(id, refused: isKernelDeaf ? changes : [])
    }

    private mutating func take(_ reply: [UInt8], _ token: UInt64, _ source: Source) throws(Violation) {
        guard let client = clients[token] else { throw Violation("a reply to nobody") }
        clients[token]?.replies += 1
        last = reply
        let plain = try Handed.check(reply, to: client.query, isByUDP: client.transport == .udp)
        let addresses = plain.addresses
        try claim(addresses.isSubset(of: given), "addresses \(addresses.subtracting(given)) that nobody gave")
        switch choice.question >> 3 & 3 {
        case 0:
            try claim(!addresses.contains { Self.leadsInside($0) }, "an address of the machine's own networks: \(reply)")
        case 1:
            // The kernel's word comes before the answer; `lan` and `direct` lead where traffic goes without one.
            try claim(addresses.isSubset(of: steered), "addresses \(addresses.subtracting(steered)) leave before they are steered")
        default: break
        }
    }

    /// Addresses of loopback, of private networks and of the link.
    private static func leadsInside(_ address: [UInt8]) -> Bool {
        if address.count == 16 {
            if address.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]) { return leadsInside(Array(address[12...])) }
            return address[0] & 0xFE == 0xFC || address[0] == 0xFE && address[1] & 0xC0 == 0x80
                || address == Array(repeating: 0, count: 15) + [1]
        }
        return address[0] == 127 || address[0] == 10 || address[0] == 192 && address[1] == 168 || address[0] == 169 && address[1] == 254
            || address[0] == 172 && address[1] & 0xF0 == 16
    }

    /// What may be given again as it is, is what was given last.
    private mutating func askOnceMore() throws(Violation) {
        guard let (query, transport, _) = clients[4] else { return }
        let edns = query.edns
        var packet: [UInt8] = [0x55, 0x55, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns == nil ? 0 : 1] + query.rawQuestion
        if let edns {
            packet += [0, 0, 41, UInt8(edns.payloadSize >> 8), UInt8(edns.payloadSize & 255), 0, 0, edns.dnssecOK ? 0x80 : 0, 0, 0, 0]
        }
        var room = [UInt8](repeating: 0xEE, count: 1232)
        var span = room.mutableSpan
        guard let size = resolver.reply(to: packet.span, from: .normal, transport, at: now, into: &span) else { return }
        clients[5] = (
            Query(id: 0x5555, flags: query.flags, question: query.question, rawQuestion: query.rawQuestion, edns: edns), transport, 0
        )
        let reply = Array(room[..<size])
        try claim(reply.dropFirst(2) == last.dropFirst(2), "given again it is \(reply), not \(last)")
        try take(reply, 5, .here)
    }

    /// The same question once more, out of the cache or by another flight; then time passes, and everybody was answered once.
    private mutating func finish() throws(Violation) {
        try ask(token: 3, id: 0x3333)
        try ask(token: 4, id: 0x4444)
        try askOnceMore()
        for _ in 0..<20 {
            guard let due = resolver.nextDeadline else { break }
            resolver.tick(at: max(due, now))
            try carryOut()
        }
        for (token, client) in clients { try claim(client.replies == 1, "client \(token) was answered \(client.replies) times") }
    }
}
