// SPDX-License-Identifier: MIT
import Testing

@testable import HostDNS

struct TakeoverRecordTests {
    static let owner = TakeoverRecord.Owner(user: 7, group: 4_000_000_000)
    static let records: [TakeoverRecord] = [
        TakeoverRecord(original: .missing, ours: Array("ours\n".utf8)),
        TakeoverRecord(
            original: .link(to: "../run/a b\nend\n", owner: owner, attributes: ["security.selinux": [0, 255, 10, 32]]), ours: [],
            absorbed: []),
        TakeoverRecord(
            original: .file(
                .init(
                    bytes: Array("nameserver 1.1.1.1\nend\nours 3\n".utf8), mode: 0o4640, owner: owner, modified: (-5, 999_999_999),
                    protection: 0x30,
                    attributes: ["user.b": [], "user.a": [1]])),
            ours: Array("ours".utf8), absorbed: Array("end\n".utf8)),
    ]

    @Test(arguments: records)
    func whatIsWrittenIsRead(_ record: TakeoverRecord) { #expect(TakeoverRecord(record.text) == record) }

    /// Bytes of a file that anybody may have damaged: read or refused, never trapped on.
    @Test(arguments: records)
    func acutOneIsRefused(_ record: TakeoverRecord) {
        let text = record.text
        for count in 0..<text.count where TakeoverRecord(Array(text.prefix(count))) != nil {
            Issue.record("\(count) of \(text.count) bytes were read")
        }
    }

    @Test(arguments: records)
    func aChangedByteTrapsNothing(_ record: TakeoverRecord) {
        for index in record.text.indices {
            for byte in [UInt8(0), 10, 32, 45, 57, 255] {
                var text = record.text
                text[index] = byte
                if let read = TakeoverRecord(text) { #expect(read.text.count > 0) }
            }
        }
        for text in [
            "", "end\n", "sluice resolv.conf 1\nform file\nours 99999999999999999999\n", "sluice resolv.conf 1\nform link\nours -1\nend\n",
        ] {
            #expect(TakeoverRecord(Array(text.utf8)) == nil)
        }
    }
}
