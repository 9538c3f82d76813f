// SPDX-License-Identifier: MIT
import Testing

@testable import LeakTest

@Suite struct DNSMessageTests {
    @Test(arguments: QueryType.allCases) func aQuestionIsReadBack(type: QueryType) throws {
        let query = try #require(DNSMessage.query(name: "k3v.corp.example", type: type, id: 0xBEEF))
        #expect(Array(query[..<12]) == [0xBE, 0xEF, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], "recursion desired, one question, nothing else")
        #expect(
            Array(query[12...]) == [3] + Array("k3v".utf8) + [4] + Array("corp".utf8) + [7] + Array("example".utf8) + [
                0, 0, UInt8(type.rawValue), 0, 1,
            ])
        let head = DNSMessage.head(of: query)
        #expect(head == DNSMessage.Head(id: 0xBEEF, isResponse: false, rcode: "NOERROR", name: "k3v.corp.example", type: type.description))
    }

    @Test func whatIsNoNameIsNoQuery() {
        let label = String(repeating: "a", count: 63)
        #expect(DNSMessage.query(name: label + "a.example", type: .a, id: 1) == nil)
        #expect(DNSMessage.query(name: Array(repeating: label, count: 4).joined(separator: "."), type: .a, id: 1) == nil)
        #expect(DNSMessage.query(name: "a..example", type: .a, id: 1) == nil)
    }

    /// Debian's ldns 1.8.3 aborts in its work with NSEC3 records of other algorithms. That no record reaches it at all is seen by one it could not
    /// read: the data end before their length.
    @Test(arguments: [6, 8, 10]) func noRecordReachesLdns(count: Int) throws {
        var message = try #require(DNSMessage.query(name: "k3v.corp.example", type: .a, id: 7))
        message[2] = 0x81
        message[3] = 0x83
        message[count + 1] = 1
        message += [0xC0, 12, 0, 50, 0, 1, 0, 0, 0, 60, 0, 99] + [2, 0, 0, 1, 0, 20, 7]
        let head = try #require(DNSMessage.head(of: message))
        #expect(head == DNSMessage.Head(id: 7, isResponse: true, rcode: "NXDOMAIN", name: "k3v.corp.example", type: "A"))
    }

    @Test func brokenMessagesAreNoMessages() throws {
        let query = try #require(DNSMessage.query(name: "k3v.corp.example", type: .a, id: 7))
        for length in 0..<query.count { #expect(DNSMessage.head(of: query.prefix(length)) == nil) }
        // A name that points to itself.
        #expect(DNSMessage.head(of: query[..<12] + [0xC0, 12, 0, 1, 0, 1]) == nil)
        for _ in 0..<20000 {
            var broken = query
            for _ in 0..<3 { broken[.random(in: broken.indices)] = .random(in: 0...255) }
            _ = DNSMessage.head(of: broken)
        }
    }
}
