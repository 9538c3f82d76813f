// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Policy
import Testing
import Wire

@testable import Kernel

@Suite(.serialized, .enabled(if: isRoot, "needs root: makes network namespaces")) struct SocketDiagnosisTests {
    /// The table that makes the kernel track flows.
    private static let tracking =
        "nft 'add table inet t; add chain inet t o { type filter hook output priority 0; }; add rule inet t o ct mark set tcp dport map { 4001 : 0x10000000, 4002 : 0x11000000 }'"

    @Test(arguments: ["127.0.0.1", "::1"]) func aProgramHearsOfItAtOnceAndNoOtherDoes(_ address: String) throws {
        let room = try Room()
        try room.shell(Self.tracking)
        try room.run {
            let listeners = [try Line(listeningAt: 4001), try Line(listeningAt: 4002)]
            let calls = [try Line(to: address, 4001), try Line(to: address, 4002)]
            let answers = [try Line(of: listeners[0]), try Line(of: listeners[1])]
            var conntrack = try ConntrackSocket()
            let flows = try conntrack.flows(marks: [0x10]).filter { $0.protocol == 6 }
            #expect(flows.count == 1 && flows[0].translatedPort == flows[0].sourcePort)
            var sockets = try SocketDiagnosis()
            #expect(try sockets.end([]) == 0)
            do {
                #expect(try sockets.end(Set(flows.map { .init($0) })) == 1)
            } catch KernelError.call(_, errno: EOPNOTSUPP) {
                return
            }
            #expect(calls[0].end == ECONNABORTED && calls[1].end == 0 && answers[1].end == 0)
            // Of a connection that is gone nobody is found, least of all who listens.
            #expect(try sockets.end(Set(flows.map { .init($0) } + flows.map { .init($0, isArrival: true) })) <= 1)
            for (index, listener) in listeners.enumerated() {
                let call = try Line(to: address, UInt16(4001 + index))
                let answer = try Line(of: listener)
                #expect(call.end == 0 && answer.end == 0)
            }
        }
    }

    @Test func whoWasCalledHearsOfItToo() throws {
        let room = try Room()
        try room.shell(Self.tracking)
        try room.run {
            let listener = try Line(listeningAt: 4001)
            let call = try Line(to: "127.0.0.1", 4001)
            let answer = try Line(of: listener)
            var conntrack = try ConntrackSocket()
            var sockets = try SocketDiagnosis()
            do {
                #expect(try sockets.end(Set(try conntrack.flows(marks: [0x10]).map { .init($0, isArrival: true) })) == 1)
            } catch KernelError.call(_, errno: EOPNOTSUPP) {
                return
            }
            #expect(answer.end == ECONNABORTED && call.end == ECONNRESET)
        }
    }
}
