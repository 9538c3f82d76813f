// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@Suite struct MessageReaderTests {
    private static let header = [UInt8](repeating: 0, count: 12)

    private func name(_ hex: String, at offset: Int) throws -> (name: Name, end: Int) {
        let bytes = Self.header + [UInt8](hex: hex)
        var reader = MessageReader(bytes.span, at: offset)
        let name = try reader.name()
        return (name, reader.offset)
    }

    @Test func pointersAreFollowedAndTheCursorStaysBehindTheFirst() throws {
        // 12: a.b   17: c → 12   21: → 17
        let hex = "0161 0162 00 0163 C00C C011"
        #expect(try name(hex, at: 12) == (.of("a.b"), 17))
        #expect(try name(hex, at: 17) == (.of("c.a.b"), 21))
        #expect(try name(hex, at: 21) == (.of("c.a.b"), 23))
    }

    @Test(arguments: [
        ("C00C", 12, "self"), ("C00E 00", 12, "forward"), ("C00E C00C", 12, "loop of two"), ("C00E C00C", 14, "loop of two, from behind"),
        ("0161 C00C", 12, "a label before a loop"), ("00 C000", 13, "into the header"), ("00 C00B", 13, "into the header's end"),
        ("0161 0162 C00E", 12, "into itself"), ("00 CFFF", 13, "past the end"),
    ])
    func pointersThatDoNotGoBackAreRefused(_ hex: String, _ offset: Int, _ what: String) {
        #expect(throws: WireError.self, "\(what)") { try name(hex, at: offset) }
        do { _ = try name(hex, at: offset) } catch WireError.badPointer { return } catch { Issue.record("\(what): \(error)") }
    }

    /// Found by the fuzzer: a pointer to a length byte before the name, whose label runs over the name itself into what is put behind it.
    @Test(arguments: ["03 61 C00C", "02 61 C00C 00", "04 C00C 0162 00", "01 61 C00C"])
    func whatAPointerLeadsToEndsBeforeThePointer(_ hex: String) throws {
        let start = hex.split(separator: " ")[0] == "04" ? 13 : 14
        #expect(throws: WireError.self) { try name(hex + " 0000000000", at: start) }
    }

    @Test(arguments: ["40", "7F", "80", "BF"]) func reservedLabelTypesAreRefused(_ hex: String) {
        #expect(throws: WireError.badLabel(at: 12)) { try name(hex + "61".padded(to: 130), at: 12) }
    }

    @Test func namesThatGrowByPointersEndAt255Bytes() throws {
        // Blocks of one 63-byte label, each pointing to the one before.
        let label = "3F" + String(repeating: "61", count: 63)
        let hex = label + "00" + label + "C00C" + label + "C04D" + label + "C08F"
        #expect(try name(hex, at: 12).name.count == 65)
        #expect(try name(hex, at: 12 + 65).name.count == 129)
        #expect(try name(hex, at: 12 + 65 + 66).name.count == 193)
        #expect(throws: WireError.nameTooLong(at: 12)) { try name(hex, at: 12 + 65 + 66 + 66) }
    }

    @Test func chainsOfBarePointersEnd() throws {
        // 12: root, then 8,000 pointers, each to the one before: one name must not cost 8,000 steps (RFC 9267 section 3).
        var bytes = Self.header + [0]
        for index in 0..<8000 {
            let target = index == 0 ? 12 : 13 + (index - 1) * 2
            bytes += [UInt8(0xC0 | target >> 8), UInt8(target & 255)]
        }
        func read(at offset: Int) throws -> Name {
            var reader = MessageReader(bytes.span, at: offset)
            return try reader.name()
        }
        #expect(try read(at: 13) == .root)
        #expect(try read(at: 13 + 20 * 2) == .root)
        #expect(throws: WireError.self) { try read(at: 13 + 7999 * 2) }
    }

    @Test(arguments: WireMessage.all) func everyPrefixIsAnError(_ message: WireMessage) throws {
        #expect(try records(message.bytes) > 0 || message.isQuery)
        for count in 0..<message.bytes.count {
            #expect(throws: WireError.self, "\(count) bytes") { try records(Array(message.bytes.prefix(count))) }
        }
    }

    @Test(arguments: WireMessage.all) func everyPrefixIsJudgedWithoutATrap(_ message: WireMessage) throws {
        for count in 0..<message.bytes.count {
            let bytes = Array(message.bytes.prefix(count))
            if case .query = Received(bytes.span) { Issue.record("\(count) bytes are taken for a question") }
            if message.isQuery { continue }
            if let answer = Judged(bytes.span, to: try message.query, id: 0x1234).answer { Issue.record("\(count) bytes: \(answer)") }
        }
    }

    /// Reads all there is; returns the number of records.
    private func records(_ bytes: [UInt8]) throws -> Int {
        var reader = MessageReader(bytes.span)
        let header = try reader.header()
        for _ in 0..<header.questions { _ = try reader.question() }
        let count = Int(header.answers) + Int(header.authorities) + Int(header.additionals)
        for _ in 0..<count { _ = try reader.record() }
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
        return count
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String { String(repeating: self, count: count) }
}
