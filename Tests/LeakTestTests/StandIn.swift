// SPDX-License-Identifier: MIT
import Glibc
@testable import LeakTest
import Wire

/// What the stand-in for the daemon does with questions below a suffix: puts them on links as it is told, the wrong ones included.
enum Handling: Sendable {
    /// Forwards as it came to each of these; the last answer is passed on, none is SERVFAIL.
    case forward([Hop])
    /// Forwards questions for A and answers the others without asking anybody.
    case forwardA(ServerAddress, String)
    /// Answers SERVFAIL.
    case refuse
    /// Gives no answer.
    case ignore
    /// Answers with the id of another question.
    case misanswer
    /// Answers SERVFAIL, and forwards 150 ms after that.
    case forwardLate(ServerAddress, String)

    struct Hop: Sendable {
        var server: ServerAddress
        var device: String
        var transport = Transport.udp
        /// Makes of the question what goes on the wire.
        var disguise: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    }

    static func forward(_ server: ServerAddress, _ device: String, _ transport: Transport = .udp) -> Handling {
        .forward([Hop(server: server, device: device, transport: transport)])
    }
}

/// The machine with its world answering, each question `delay` milliseconds late, and a stand-in at 127.0.0.53:53, for as long as `body` runs.
func withStandIn<Value>(_ table: [String: Handling], delay: UInt32 = 0, _ body: () throws -> Value) throws -> Value {
    let network = try Network()
    defer { network.close() }
    let world = try network.inWorld {
        Server(
            udp: try Network.servers.map { try Sockets.bound(to: $0, .udp) },
            tcp: try Network.servers.map { try Sockets.bound(to: $0, .tcp) }
        ) { query, _ in
            if query != Network.greeting { usleep(delay * 1000) }
            return response(to: query, rcode: 3)
        }
    }
    defer { world.stop() }
    try Network.waitForServers()
    let listener = LeakTests.listener
    let standIn = Server(udp: [try Sockets.bound(to: listener, .udp)], tcp: [try Sockets.bound(to: listener, .tcp)]) { query, _ in
        guard let head = DNSMessage.head(of: query) else { return nil }
        // An entry for an empty suffix is one for single labels.
        let suffix = head.name.split(separator: ".", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
        switch table[suffix] ?? .refuse {
        case .refuse: return response(to: query, rcode: 2)
        case .ignore: return nil
        case .misanswer: return response(to: [query[0] ^ 1] + query[1...], rcode: 3)
        case .forwardLate(let server, let device):
            // A new thread is in the namespace of the one that starts it.
            startThread {
                usleep(150_000)
                _ = Handling.Hop(server: server, device: device).ask(query)
            }
            return response(to: query, rcode: 2)
        case .forwardA(let server, let device):
            return head.type == "A" ? Handling.Hop(server: server, device: device).ask(query) : response(to: query, rcode: 0)
        case .forward(let hops): return hops.reduce(nil) { $1.ask(query) ?? $0 } ?? response(to: query, rcode: 2)
        }
    }
    defer { standIn.stop() }
    return try body()
}

extension Handling.Hop {
    func ask(_ query: [UInt8]) -> [UInt8]? {
        guard let socket = Sockets.connected(to: server, transport, device: device) else { return nil }
        defer { close(socket) }
        let bytes = disguise(query)
        switch transport {
        case .udp:
            Sockets.send(socket, bytes)
            return Sockets.receive(socket)
        case .tcp:
            Sockets.send(socket, Sockets.framed(bytes))
            return Sockets.receive(socket).map { Array($0.dropFirst(2)) }
        }
    }
}
