// SPDX-License-Identifier: MIT
import Glibc
import Testing
import Workbench

@testable import Daemon

/// What may come on the control socket, which anybody of its group can connect to.
@Suite struct ControlConnectionTests {
    private enum Heard: Equatable { case verb(ControlRequest.Verb, name: String?), nothingYet, over }

    /// What is heard last when these pieces come one by one, and then the end if `isOver`.
    private func heard(_ pieces: [[UInt8]], isOver: Bool = false) throws -> Heard {
        var ends: [Int32] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        let connection = ControlConnection(ends[0])
        defer { close(ends[1]) }
        var last = Heard.nothingYet
        for piece in pieces {
            let sent = unsafe piece.withUnsafeBytes { unsafe send(ends[1], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            try #require(sent == piece.count)
            // A connection is read until nothing is left, or it is over.
            for _ in 0...piece.count / 2048 {
                last = heard(by: connection)
                if last != .nothingYet { return last }
            }
        }
        if isOver {
            shutdown(ends[1], Int32(SHUT_WR))
            last = heard(by: connection)
        }
        return last
    }

    private func heard(by connection: ControlConnection) -> Heard {
        switch connection.receive() {
        case .request(let request): .verb(request.verb, name: request.name)
        case .nothingYet: .nothingYet
        case .over: .over
        }
    }

    private static let request = Array(#"{"verb":"why","name":"git.corp.example","type":1,"app":"normal","limit":7}"#.utf8) + [10]

    @Test func aRequestIsHeardHoweverItComes() throws {
        let wanted = Heard.verb(.why, name: "git.corp.example")
        #expect(try heard([Self.request]) == wanted)
        #expect(try heard(Self.request.map { [$0] }) == wanted)
        #expect(try heard([Array(Self.request.dropLast())]) == .nothingYet)
        #expect(try heard([Array(Self.request.dropLast())], isOver: true) == .over)
        #expect(try heard([Self.request + [UInt8]("nonsense".utf8)]) == wanted, "what stands behind it is not looked at")
    }

    /// Too long, too deep, of other types, of no meaning.
    @Test(arguments: [
        "", "{}", "[]", "null", "status", #"{"verb":"shutdown"}"#, #"{"verb":null}"#, #"{"verb":["why"]}"#, #"{"verb":"why","type":65536}"#,
        #"{"verb":"why","type":-1}"#, #"{"verb":"exec","pid":99999999999}"#, #"{"verb":"leases","limit":1e400}"#,
        #"{"verb":"why","name":7}"#,
        "{\"verb\":\"why\",\"name\":\"\u{0}\"", String(repeating: "[", count: 2000), String(repeating: #"{"verb":"#, count: 200),
        "\u{FEFF}{}", #"{"verb":"\uD800"}"#,
    ]) func nonsenseEndsTheConnection(_ text: String) throws {
        #expect(try heard([Array(text.utf8) + [10]]) == .over)
    }

    @Test func aLineWithoutAnEndIsNotKept() throws {
        #expect(try heard([[UInt8](repeating: 32, count: 2000)]) == .nothingYet)
        #expect(try heard([[UInt8](repeating: 32, count: 2000), [UInt8](repeating: 32, count: 100)]) == .over)
        #expect(try heard([[UInt8](repeating: 32, count: 100_000)]) == .over)
    }

    /// Whatever changes in a request, it is one or it is none; most of these are none.
    @Test func changedRequestsAreHeardOrNot() throws {
        var random = SeededRandom(seed: 1)
        var heardSome = 0
        for _ in 0..<5000 {
            var bytes = Self.request
            for _ in 0...Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count - 1, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            switch try heard([bytes]) {
            case .verb: heardSome += 1
            case .over: break
            case .nothingYet: Issue.record("a line of \(bytes.count) bytes is whole")
            }
        }
        #expect(heardSome > 100 && heardSome < 4500)
    }
}
