// SPDX-License-Identifier: MIT
import FoundationEssentials
import Testing

@testable import LeakTest

/// What scripts read: every key is there, null where there is no value.
@Suite struct LeakJSONTests {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test func nothingIsLeftAwayWhereThereIsNoValue() throws {
        let answer = CellResult.Answer(name: "x", type: "A", transport: .udp, rcode: nil, failure: nil, seen: false)
        #expect(try Self.text(answer) == #"{"failure":null,"name":"x","rcode":null,"seen":false,"transport":"udp","type":"A"}"#)
        let leak = LeakReport.Leak(
            interface: "eth0", direction: .out, source: nil, destination: nil, protocol: nil, port: nil, name: "x", type: "A", packets: 1)
        #expect(
            try Self.text(leak)
                == #"{"destination":null,"direction":"out","interface":"eth0","name":"x","packets":1,"port":null,"protocol":null,"source":null,"type":"A"}"#
        )
        #expect(
            try Self.text(Matrix.Coordinates(.traffic, .error))
                == #"{"app":"normal","kind":"traffic","profile":null,"routing":null,"rule":null,"setting":null,"state":"error","target":null}"#
        )
    }
}
