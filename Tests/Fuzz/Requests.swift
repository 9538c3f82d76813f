// SPDX-License-Identifier: MIT
import Policy
import Resolving
import Steering
import Wire

/// The words of a request on the control socket, and what becomes of them. Its JSON is Foundation's, and the lab's control.sh sends some that is none.
enum Requests {
    private static let now = Instant(milliseconds: 1_000_000)
    private static let types: [RecordType] = [.a, .aaaa, .https, .ptr, .txt, .any, RecordType(rawValue: 252), RecordType(rawValue: 65_280)]

    /// The first byte says which type and whose app, the rest is what stands for a name, an address, a server or a type.
    static func run(_ bytes: [UInt8]) throws(Violation) {
        guard let choice = bytes.first else { return }
        let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
        if let address = IPAddress(text) { try claim(IPAddress("\(address)") == address, "\(address) is read as another") }
        if let server = ServerAddress(text) { try claim(ServerAddress("\(server)") == server, "\(server) is read as another") }
        if let type = RecordType(text) { try claim(RecordType("\(type)") == type, "\(type) is read as another") }
        guard let name = Name(text) else { return }
        try claim(Name("\(name)") == name && name.count <= 255, "\(name) is read as another")
        try claim(name.text.allSatisfy { (33...126).contains($0) }, "what terminals obey, or are confused by: \(name.text)")
        let apps = App.allCases
        try ask(Question(name: name, type: types[Int(choice & 7)]), apps[Int(choice >> 3) % apps.count])
    }

    /// `query`, `why`, `names` and `flush`.
    private static func ask(_ question: Question, _ app: App) throws(Violation) {
        let query = Query(asking: question)
        var resolver = Resolver(snapshot: Flood.snapshot, ledger: Ledger(grace: 60_000), hash: { _ in Array("cookies!".utf8) }) { 0x4242 }
        resolver.receive(query, from: Client(token: 1, transport: .tcp, app: app), at: now)
        var outcomes = 0
        for effect in resolver.effects {
            switch effect {
            case .reply(_, let reply, _):
                outcomes += 1
                try Handed.check(reply, to: query, isByUDP: false)
            case .ask(_, _, _, let asked):
                outcomes += 1
                let plain = PlainMessage(asked)
                try claim(plain?.end == asked.count && plain?.questions.count == 1, "not a question: \(asked)")
            case .commit, .close, .note: break
            }
        }
        try claim(outcomes > 0, "neither asked nor answered: \(question.name)")
        _ = resolver.decide(question, app: app)
        try claim(resolver.remembered(question.name, at: now) == nil, "remembered before it was answered")
        try claim(resolver.flush(question.name) == 0, "flushed before it was kept")
        _ = resolver.namesAskedLately(10)
    }
}
