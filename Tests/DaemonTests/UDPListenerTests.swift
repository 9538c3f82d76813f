// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Testing
import Upstreams
import Wire
import Workbench

@testable import Daemon

@Suite struct UDPListenerTests {
    /// What a client of the listener hears to a question, which `Received` judges; nil: nothing.
    private func ask(_ packet: [UInt8]) throws -> [UInt8]? {
        let listener = try UDPListener(.of("127.0.0.1"), port: 0)
        let client = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        defer { close(client) }
        let port = try #require(listener.port)
        let status = unsafe SocketAddress(.of("127.0.0.1"), port: port).with { unsafe connect(client, $0, $1) }
        try #require(status == 0)
        let sent = unsafe packet.withUnsafeBytes { unsafe send(client, $0.baseAddress, $0.count, 0) }
        try #require(sent == packet.count)
        listener.receive { packet, number, _ in
            if case .reply(let reply) = Received(packet) { listener.send(reply, to: listener.origin(of: number)) }
            return nil
        }
        listener.flush()
        var room = [UInt8](repeating: 0, count: 5000)
        let count = unsafe room.withUnsafeMutableBytes { unsafe recv(client, $0.baseAddress, $0.count, 0) }
        return count < 0 ? nil : Array(room[..<count])
    }

    /// RFC 8906: a question that is longer than what is read of it is told so, and not left alone. Here with an OPT record of empty options.
    @Test(arguments: [4000, 4096, 4100, 16_000]) func whatIsTooLongHearsSo(_ size: Int) throws {
        var message = Message.query(.of("www.example"), .axfr)
        message.additionals = [.opt(options: [])]
        let bare = message.bytes.count
        message.additionals = [.opt(options: [UInt8](repeating: 0, count: (size - bare) / 4 * 4))]
        let padding = size - message.bytes.count
        let reply = try #require(try ask(message.bytes + [UInt8](repeating: 0, count: padding)))
        #expect(reply[..<2] == [0x12, 0x34] && reply[2] & 0x80 != 0)
        // A zone transfer is refused; of what is cut off nothing is understood.
        #expect(reply[3] & 15 == (size <= 4096 ? 5 : 1))
    }
}
