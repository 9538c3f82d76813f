// SPDX-License-Identifier: MIT
import Policy
import Wire

/// One question to one server, on a socket of its own.
package struct EndpointExchange: Hashable, Sendable {
    /// Never used before.
    package let number: Int
    package let ask: Ask
    package let isStream: Bool
    package let message: [UInt8]
    let query: Query
    let id: UInt16
}

/// One walk through the servers for one name: both types are asked of a server at once, and the next server when it says nothing of use.
struct EndpointRound {
    /// A server's time to answer, in milliseconds; by TCP that long again.
    static let patience: Int64 = 1500
    /// Every server is asked so often.
    private static let passes = 2

    let name: Name
    /// Whose replies are awaited.
    private(set) var open: [EndpointExchange] = []
    private(set) var until: Instant
    private(set) var server: ServerAddress?
    /// What there is to say if no server is of use.
    private(set) var failure = EndpointFailure.silence
    private var attempt = 0
    /// Of the server that is being asked.
    private var found: [IPAddress] = []
    private var code: ResponseCode?
    private var isAnswered = false

    init(_ name: Name, at now: Instant) {
        self.name = name
        until = now
    }

    /// Whether the next server is to be asked.
    func isSpent(at now: Instant) -> Bool { open.isEmpty || now >= until }

    /// Turns to the next server.
    /// - Returns: whether there is one; what to send it is in `open`.
    mutating func proceed(_ world: EndpointWorld, _ source: inout EndpointNumbers, at now: Instant) -> Bool {
        failure = complaint(world) ?? failure
        (open, found, code, isAnswered) = ([], [], nil, false)
        guard attempt < world.servers.count * Self.passes else {
            if world.servers.isEmpty { failure = .noServer }
            return false
        }
        let next = world.servers[attempt % world.servers.count]
        server = next
        attempt += 1
        until = now + Self.patience
        for family in world.preference {
            begin(Query(asking: Question(name: name, type: family == .v4 ? .a : .aaaa)), next, isStream: false, &source)
        }
        return true
    }

    private mutating func begin(_ query: Query, _ server: ServerAddress, isStream: Bool, _ source: inout EndpointNumbers) {
        let (number, id) = source.next()
        open.append(
            EndpointExchange(
                number: number, ask: Ask(.outside, server), isStream: isStream, message: query.upstream(id: id), query: query, id: id))
    }

    /// Takes in what came on an exchange's socket. What is not its reply changes nothing.
    mutating func take(_ packet: [UInt8], on number: Int, _ source: inout EndpointNumbers, at now: Instant) {
        guard let exchange = open.first(where: { $0.number == number }) else { return }
        switch Judged(packet.span, to: exchange.query, id: exchange.id) {
        case .foreign: return
        case .answer(let answer):
            isAnswered = true
            found += answer.addresses.map(\.unmapped)
            if answer.code != .noError { code = answer.code }
        case .failed(let failed, _): code = failed
        case .badCookie: code = .badCookie
        case .truncated, .doubtful:
            // Who guesses ids cannot do so by TCP.
            if exchange.isStream {
                code = .serverFailure
            } else {
                until = now + Self.patience
                begin(exchange.query, exchange.ask.server, isStream: true, &source)
            }
        }
        end(number)
    }

    /// No reply will come on it.
    mutating func end(_ number: Int) { open.removeAll { $0.number == number } }

    /// What the server said that is of use, the preferred family first; empty as long as a better one may come.
    func usable(_ world: EndpointWorld, at now: Instant) -> [IPAddress] {
        let usable = world.preference.flatMap { family in found.filter { $0.family == family && world.refusal($0) == nil } }
        guard let first = usable.first, isSpent(at: now) || first.family == world.preference.first else { return [] }
        return usable
    }

    /// Why what the server said is of no use; nil: it said nothing.
    private func complaint(_ world: EndpointWorld) -> EndpointFailure? {
        guard let server else { return nil }
        for address in found {
            if let why = world.refusal(address) { return .refused(address, why, from: server) }
        }
        return code.map { .code($0, from: server) } ?? (isAnswered ? .noAddress(from: server) : nil)
    }
}

/// Numbers of exchanges, and unpredictable ids.
struct EndpointNumbers {
    private var last = 0
    private let random: () -> UInt16

    init(_ random: @escaping () -> UInt16) { self.random = random }

    mutating func next() -> (number: Int, id: UInt16) {
        last += 1
        return (last, random())
    }
}
